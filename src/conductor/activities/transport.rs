//! When the transport starts, where it is, and where it resumes.

use std::{
    sync::{MutexGuard, PoisonError},
    time::Duration,
};

use super::{ScoreActivities, score_of};
use crate::{
    conductor::{
        lane::{RunId, entered, meters_from, recorded_channels},
        resume_point::ResumePoint,
    },
    engine::InstanceSummary,
    music::{Beat, MusicError, Nanos},
    score::Document,
};

/// How much longer than the horizon it takes from the start of the transport to the first beat, so that its
/// notes reach the player.
const LEAD: Duration = Duration::from_millis(40);

impl ScoreActivities {
    /// A score starts. If the transport is stopped, it moves to the next bar line, takes the score's tempo
    /// and meter, and rolls.
    pub fn begin(&self, document: &Document) {
        let transport = self.player.transport();
        if !transport.is_rolling() {
            let bar_line = transport.next_bar(transport.position(self.player.now()));
            // These fail only if the transport was started meanwhile, or after the player has stopped.
            let _ = self.player.locate(bar_line);
            let _ = self.set_pace(document, bar_line);
            self.roll();
            let begins = self.player.transport().instant(bar_line);
            *self.started() = begins.map(|begins| (begins, bar_line));
        }
        self.roll();
    }

    /// The earliest beat at which a score can enter now: notes reach the player in time, and no beat is before the
    /// one from which the transport was started.
    pub fn earliest_entry(&self) -> Beat {
        let now = self.player.now();
        let earliest = self.player.transport().position(now + self.horizon());
        match *self.started() {
            Some((begins, from)) if now < begins => earliest.max(from),
            _ => earliest,
        }
    }

    fn started(&self) -> MutexGuard<'_, Option<(Nanos, Beat)>> {
        // Nothing that is done under the lock can panic halfway.
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the transport where it is, at its present tempo.
    pub fn roll(&self) {
        // It fails only after the player has stopped: then there is nothing to start.
        let _ = self.player.roll(self.horizon() + LEAD);
    }

    pub(in crate::conductor) fn set_pace(
        &self,
        document: &Document,
        entered: Beat,
    ) -> Result<(), MusicError> {
        self.player.set_meters(meters_from(document, entered))?;
        self.player.set_tempo(document.tempo)
    }

    /// Before anything plays: gives the instruments of the open instances their channels, moves the transport
    /// to the beat at which they resume, and sets the tempo and meter of the first of them. The clock
    /// continues where they stopped, even if the machine's clock was set back since.
    ///
    /// Histories are read one after another, and twice: together they may not fit in memory.
    pub fn prepare_to_resume(&mut self, open: &[InstanceSummary]) -> Result<(), MusicError> {
        let mut point = ResumePoint::default();
        let mut scores = Vec::new();
        let mut lanes = self.lanes();
        // Those that have channels on record get them before the others, in the order of their starts.
        for summary in open {
            let Ok(history) = self.archive.history(&summary.id) else {
                continue;
            };
            point.read(&history);
            if let Some(document) = score_of(&history) {
                let recorded = recorded_channels(&history);
                let channels = &mut lanes.channels;
                channels.restore(&self.ports, &summary.id, &document, &recorded);
                scores.push((RunId::of(summary), document, entered(&history)));
            }
        }
        let first = scores
            .first()
            .map(|(_, document, entered)| (document.clone(), *entered));
        for (run, document, _) in scores {
            if let Ok(history) = self.archive.history(&run.instance) {
                self.new_lane(&mut lanes, &run, document, &history)?;
            }
        }
        drop(lanes);
        if let Some(last) = point.last_moment() {
            self.clock = self.clock.not_before(last);
        }
        if let Some((document, entered)) = first {
            self.set_pace(&document, entered)?;
        }
        if let Some(tempo) = point.tempo() {
            self.player.set_tempo(tempo)?;
        }
        match point.beat() {
            Some(beat) => self.player.locate(beat),
            None => Ok(()),
        }
    }
}
