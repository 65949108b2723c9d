//! Terminations at a musical moment: a lane plays on until then, and begins nothing later.
//!
//! The moment is waited for in the process. The termination is committed when it comes, and a process that
//! ends before has terminated nothing.

use std::{fmt, sync::Arc};

use tokio::time::sleep_until;

use super::{
    Conductor, ConductorError,
    lane::{Lane, RunId},
};
use crate::{
    engine::InstanceId,
    music::{Beat, HORIZON, MusicError, Nanos},
};

/// The moment at which an instance is terminated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndAt {
    /// When the notes that have begun are over. Nothing else begins.
    Note,
    /// At the next bar line.
    Bar,
}

impl fmt::Display for EndAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "the end of the note",
            Self::Bar => "the end of the bar",
        })
    }
}

/// The end of a lane, in which nothing begins from a moment on.
pub struct LaneEnd(Moment);

enum Moment {
    /// Nothing sounds, or no bar line comes.
    Now,
    /// When what sounds in the lane is over.
    Silence(Arc<Lane>),
    /// At a bar line.
    Bar(Beat),
}

impl Conductor {
    /// Lets nothing begin in an instance from the moment on. Wait for it with [`until_end`](Self::until_end);
    /// afterwards, or instead, either terminate the instance or call [`play_on`](Self::play_on).
    ///
    /// # Errors
    ///
    /// [`ConductorError::Engine`] if the instance does not exist.
    pub fn end_lane(&self, id: &InstanceId, at: EndAt) -> Result<LaneEnd, ConductorError> {
        let summary = self.engine().archive().summary(id)?;
        let lane = self.activities.lane(&RunId::of(&summary)).ok();
        let player = self.player();
        let transport = player.transport();
        if !transport.is_rolling() {
            return Ok(LaneEnd(Moment::Now));
        }
        Ok(LaneEnd(match (at, lane) {
            (EndAt::Note, None) => Moment::Now,
            (EndAt::Note, Some(lane)) => {
                lane.end_at(transport.position(player.now()));
                Moment::Silence(lane)
            }
            (EndAt::Bar, lane) => {
                // What begins earlier may have been handed over.
                let bar = transport.next_bar(transport.position(player.now() + HORIZON));
                if let Some(lane) = lane {
                    lane.end_at(bar);
                }
                Moment::Bar(bar)
            }
        }))
    }

    /// Waits for the end of a lane. Returns at once if nothing sounds, or if the transport is stopped: no bar
    /// line comes then.
    ///
    /// # Errors
    ///
    /// [`ConductorError::Music`] if the player has ended.
    pub async fn until_end(&self, end: LaneEnd) -> Result<(), ConductorError> {
        match end.0 {
            Moment::Now => Ok(()),
            Moment::Bar(bar) => self.until_beat(bar).await,
            Moment::Silence(lane) => {
                // What was handed over at the same moment still begins.
                let mut until = lane.sounds_until();
                loop {
                    self.until_beat(until).await?;
                    match lane.sounds_until() {
                        later if later > until => until = later,
                        _ => return Ok(()),
                    }
                }
            }
        }
    }

    /// Lets an instance begin notes again: it is not terminated after all.
    pub fn play_on(&self, id: &InstanceId) {
        if let Ok(summary) = self.engine().archive().summary(id)
            && let Ok(lane) = self.activities.lane(&RunId::of(&summary))
        {
            lane.play_on();
        }
    }

    /// Waits for a beat, or until the transport stops.
    async fn until_beat(&self, beat: Beat) -> Result<(), ConductorError> {
        let player = self.player();
        let mut changes = player.watch_transport();
        loop {
            let transport = *changes.borrow_and_update();
            let Some(due) = transport.instant(beat) else {
                return Ok(());
            };
            let wake = player.origin() + due.since(Nanos::ZERO);
            tokio::select! {
                biased;
                changed = changes.changed() => if changed.is_err() {
                    return Err(MusicError::PlayerGone.into());
                },
                () = sleep_until(wake) => return Ok(()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;
    use crate::{
        conductor::test_performance::{Performance, perform_document},
        engine::{EventKind, Status},
        music::{Message, Nanos, Sent},
        score::{Document, parse},
    };

    /// Four quarter notes a bar, of half a second each and three quarters of it long.
    fn score() -> Document {
        let text = r#"
document:
  dsl: 1.0.0
  namespace: test
  name: walk
  version: 1.0.0
  metadata: { fermata: { tempo: 120, instruments: { bass: { patch: bass } } } }
do:
  - walk: { call: play, with: { instrument: bass, pattern: "c2 e2 g2 a2", gate: 0.75, repeat: 3 } }
"#;
        parse(text, "walk").unwrap_or_else(|errors| panic!("{errors}"))
    }

    /// Ends the piece at a moment, when it has played for this long.
    fn ended(at: EndAt, after: Duration) -> Performance {
        perform_document(&score(), async |conductor| {
            let id = InstanceId::new("piece").unwrap();
            sleep(after).await;
            let end = conductor.end_lane(&id, at).unwrap();
            conductor.until_end(end).await.unwrap();
            let ended = conductor.engine().terminate(&id, "enough").await;
            ended.unwrap();
        })
    }

    /// When notes began and ended, in milliseconds from the first.
    fn notes(performance: &Performance) -> Vec<(u64, u64)> {
        let is_on = |sent: &&Sent| matches!(sent.message, Message::NoteOn(..));
        let sent = &performance.sent;
        let first = sent.iter().find(is_on).map_or(Nanos(0), |sent| sent.due);
        let ms = |sent: &Sent| u64::try_from(sent.due.since(first).as_millis()).unwrap();
        let mut notes = Vec::new();
        for (place, on) in sent.iter().enumerate().filter(|(_, sent)| is_on(sent)) {
            let mut later = sent[place..].iter();
            let off = later.find(|sent| matches!(sent.message, Message::NoteOff(..)));
            notes.push((ms(on), ms(off.unwrap())));
        }
        notes
    }

    fn status(performance: &Performance) -> Option<Status> {
        let last = performance.histories[0].events.last()?;
        matches!(last.kind, EventKind::ExecutionTerminated { .. }).then_some(Status::Terminated)
    }

    #[test]
    fn the_note_that_sounds_at_the_end_of_the_note_sounds_to_its_end() {
        let whole = notes(&ended(EndAt::Bar, Duration::from_millis(100)));
        let length = whole[0].1 - whole[0].0;
        // In the middle of the second note of the second bar, wherever the entry was.
        for after in [2_700, 2_750, 2_800, 2_900, 3_050] {
            let performance = ended(EndAt::Note, Duration::from_millis(after));
            assert_eq!(status(&performance), Some(Status::Terminated));
            let notes = notes(&performance);
            let (begun, over) = notes[notes.len() - 1];
            assert_eq!(over - begun, length, "after {after} ms: {notes:?}");
            assert!(notes.len() < 12, "{notes:?}");
        }
    }

    #[test]
    fn at_the_end_of_the_bar_every_note_of_the_bar_has_sounded_and_none_of_the_next() {
        for after in [300, 700, 1_100, 1_600] {
            let performance = ended(EndAt::Bar, Duration::from_millis(after));
            assert_eq!(status(&performance), Some(Status::Terminated));
            let notes = notes(&performance);
            assert_eq!(notes.len() % 4, 0, "after {after} ms: {notes:?}");
            assert!(notes.len() < 12, "{notes:?}");
        }
    }

    #[test]
    fn what_is_to_end_and_then_plays_on_plays_all_its_notes() {
        let performance = perform_document(&score(), async |conductor| {
            let id = InstanceId::new("piece").unwrap();
            sleep(Duration::from_millis(1_300)).await;
            let end = conductor.end_lane(&id, EndAt::Bar).unwrap();
            let end = conductor.until_end(end);
            let waited = tokio::time::timeout(Duration::from_millis(100), end).await;
            assert!(waited.is_err(), "the bar is not over");
            conductor.play_on(&id);
        });
        assert_eq!(status(&performance), None);
        assert_eq!(notes(&performance).len(), 12);
    }
}
