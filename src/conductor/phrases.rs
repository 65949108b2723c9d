//! Phrases: several notes as one activity, for engines whose steps take too long to be heard as music.

use super::{activities::ScoreActivities, lane::Lane, score_worker::Progress};
use crate::{
    engine::{ActivityContext, ActivityError, Failure},
    music::{Beat, Beats},
    score::calls::{Performed, Phrase, PhrasePlayed, Play},
};

impl ScoreActivities {
    /// Plays the notes of a phrase one after the other, and ends when the phrase is over but for the horizon.
    /// What comes late moves by whole bars, with all that follows. If the machine was lost that played it,
    /// it goes on where that was last heard of.
    pub(super) async fn phrase(
        &self,
        mut context: ActivityContext,
        phrase: Phrase,
    ) -> Result<PhrasePlayed, ActivityError> {
        let lane = self.lane_of(&context)?;
        let before = context.last_heartbeat::<Progress>();
        let mut moved = before.map_or(Beats::ZERO, |before| before.moved);
        let mut last = None;
        for note in phrase.notes {
            let (asked, length) = (note.at, note.length);
            let at = asked + moved;
            if before.is_some_and(|before| self.has_sounded(&lane, at, before)) {
                last = Some((self.performed(self.player.transport(), at, length), length));
                continue;
            }
            let played = self.play(context.clone(), Play { at, ..note }).await?;
            moved = played.at - asked;
            context.heartbeat(&moved)?;
            last = Some((played, length));
        }
        let nothing = || Failure::new("Score", "the phrase has no notes").non_retryable();
        let (last, length) = last.ok_or_else(nothing)?;
        self.until_over(&mut context, &last, length).await?;
        Ok(PhrasePlayed { last, moved })
    }

    /// Whether a note lies before the position at which the lane goes on.
    fn has_sounded(&self, lane: &Lane, at: Beat, before: Progress) -> bool {
        let transport = self.player.transport();
        let now = transport.position(self.player.now());
        at < before.position || transport.is_rolling() && lane.in_its_time(transport, at) < now
    }

    /// Waits until the last note of a phrase is over but for the horizon. Until then the phrase counts as being
    /// played: what comes after it is asked for no earlier than necessary, and a pause stops it.
    async fn until_over(
        &self,
        context: &mut ActivityContext,
        last: &Performed,
        length: Beats,
    ) -> Result<(), ActivityError> {
        let now = self.player.now();
        if last.at + length > self.player.transport().position(now) {
            self.until_near(context, last.at, length, self.horizon())
                .await?;
        }
        Ok(())
    }
}
