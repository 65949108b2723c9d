//! The activities of scores: enter, play, rest, loop.
//!
//! The durable path decides what is played. These activities wait until a note is due within the horizon
//! and then hand it to the player, which decides when it sounds.

use std::time::Duration;

use tokio::time::sleep_until;

use super::{FaultTarget, Looping, activities::ScoreActivities, lane::meters_from};
use crate::{
    engine::{ActivityContext, ActivityError, Failure},
    music::{Beat, Beats, HORIZON, Key, Nanos, Note, Transport, Velocity},
    score::calls::{Enter, Entered, LoopDecision, LoopEnd, Performed, Play, Rest},
};

/// A note that is late by less than this is played at once rather than a bar later.
const GRACE: Duration = HORIZON;

/// The time before a bar line at which a loop decides about its next repetition: enough for the commits in
/// between, also on a slow disk.
const LOOP_LEAD: Duration = Duration::from_millis(250);

impl ScoreActivities {
    /// Enters on the next bar line, or after the end of the previous repetition. The first instance to enter
    /// starts the transport.
    pub(super) async fn enter(
        &self,
        context: ActivityContext,
        enter: Enter,
    ) -> Result<Entered, ActivityError> {
        let lane = self.lane_of(&context)?;
        self.begin(&lane.document);
        let transport = self.player.transport();
        let now = self.player.now();
        let at = match enter.at {
            Some(end) => in_time(transport, transport.next_bar(end), now),
            None => transport.next_bar(self.earliest_entry()),
        };
        let at = lane.in_its_time(transport, at);
        lane.enter(at);
        if !lane.document.meters.is_constant() {
            // It fails only after the player has stopped.
            let _ = self.player.restart_meters(meters_from(&lane.document, at));
        }
        let shared = lane.assignments.shared();
        for sentence in &shared {
            tracing::warn!(instance = context.instance().as_str(), "{sentence}");
        }
        Ok(Entered {
            performed: self.performed(transport, at, Beats::ZERO),
            channels: lane.assignments.channels(),
            shared,
        })
    }

    /// Plays a note or chord at its beat, or whole bars later if that beat has passed.
    pub(super) async fn play(
        &self,
        mut context: ActivityContext,
        note: Play,
    ) -> Result<Performed, ActivityError> {
        let lane = self.lane_of(&context)?;
        let target = FaultTarget::Instrument(note.instrument.as_str().into());
        self.delay(&target, &mut context).await?;
        let (at, transport) = loop {
            let near = self.until_near(&mut context, note.at, Beats::ZERO, self.horizon());
            let (at, transport) = near.await?;
            if lane.may_begin(at) {
                break (at, transport);
            }
            // Either the lane is terminated now, or it plays on in its next bar.
            tokio::select! {
                () = context.suspended() => return Err(ActivityError::Yielded),
                () = lane.until_it_plays_on() => {}
            }
        };
        let instrument = lane.document.instrument(&note.instrument);
        let instrument = instrument.ok_or_else(|| {
            let message = format!("the score has no instrument {:?}", note.instrument);
            Failure::new("UnknownInstrument", message).non_retryable()
        })?;
        let mixer = self.mixer.borrow().clone();
        lane.attempt(instrument, at, &context, self.failing_share(&target))?;
        let assigned = self.assignment(&lane, instrument)?;
        let is_heard = mixer.is_audible(context.instance(), &note.instrument);
        let velocity = self.velocity(&lane, assigned, note.velocity);
        for (key, velocity) in heard(&note.keys, velocity.filter(|_| is_heard)) {
            let handed_over = self.player.note(Note {
                lane: lane.id,
                source: Some(context.scheduled().0),
                port: assigned.port,
                part: assigned.part,
                channel: assigned.channel,
                key,
                velocity,
                at,
                length: note.length,
            });
            handed_over.map_err(|error| Failure::new("Player", error.to_string()))?;
        }
        lane.sounds(at + note.length);
        Ok(self.performed(transport, at, note.length))
    }

    /// Waits until the end of a rest is near.
    pub(super) async fn rest(
        &self,
        mut context: ActivityContext,
        rest: Rest,
    ) -> Result<Performed, ActivityError> {
        let (at, transport) = self
            .until_near(&mut context, rest.at, rest.length, self.horizon())
            .await?;
        Ok(self.performed(transport, at, rest.length))
    }

    /// Decides shortly before the end of a repetition whether there is another one, and with which text.
    pub(super) async fn repeat(
        &self,
        mut context: ActivityContext,
        asked: LoopEnd,
    ) -> Result<LoopDecision, ActivityError> {
        if self.looping == Looping::Once {
            return Ok(LoopDecision::Stop);
        }
        let lane = self.lane_of(&context)?;
        let (at, _) = self
            .until_near(
                &mut context,
                asked.at,
                Beats::ZERO,
                LOOP_LEAD.max(self.horizon()),
            )
            .await?;
        let newer = self.revisions.newer(&lane.document);
        let score = newer.map(|text| text.to_string());
        Ok(LoopDecision::Repeat { at, score })
    }

    /// Waits until `lead` before the moment that is `after` beats after the requested beat. If it has passed
    /// in the meantime, both move by whole bars. Returns the work to the engine on suspension.
    pub(super) async fn until_near(
        &self,
        context: &mut ActivityContext,
        asked: Beat,
        after: Beats,
        lead: Duration,
    ) -> Result<(Beat, Transport), ActivityError> {
        let mut changes = self.player.watch_transport();
        // An instance without a lane plays nothing, so nothing can be early.
        let lane = self.lane_of(context).ok();
        let mut end = asked + after;
        loop {
            self.roll();
            let transport = *changes.borrow_and_update();
            let now = self.player.now();
            let at = end - after;
            let begins = lane.as_ref().map(|lane| lane.in_its_time(transport, at));
            end = in_time(transport, begins.unwrap_or(at) + after, now);
            // A transport that is stopped here means that the player has ended.
            let due = transport.instant(end).unwrap_or(Nanos(u64::MAX));
            let near = Nanos(due.0.saturating_sub(lead.as_nanos() as u64));
            if near <= now {
                return Ok((end - after, transport));
            }
            let wake = self.player.origin() + near.since(Nanos::ZERO);
            tokio::select! {
                biased;
                () = context.suspended() => return Err(ActivityError::Yielded),
                changed = changes.changed() => if changed.is_err() {
                    return Err(Failure::new("Player", "the player has stopped").into());
                },
                () = sleep_until(wake) => {}
            }
        }
    }

    pub(super) fn performed(&self, transport: Transport, at: Beat, length: Beats) -> Performed {
        let moment = |beat| {
            let due = transport.instant(beat).unwrap_or_else(|| self.player.now());
            self.clock.at(self.player.origin() + due.since(Nanos::ZERO))
        };
        Performed {
            at,
            onset: moment(at),
            until: moment(at + length),
        }
    }
}

/// The keys of a note that is heard, with its velocity.
pub(super) fn heard(
    keys: &[Key],
    velocity: Option<Velocity>,
) -> impl Iterator<Item = (Key, Velocity)> {
    keys.iter().filter_map(move |key| Some((*key, velocity?)))
}

/// The requested beat, or the same position in the first later bar that can be played in time.
fn in_time(transport: Transport, asked: Beat, now: Nanos) -> Beat {
    let latest = Nanos(now.0.saturating_sub(GRACE.as_nanos() as u64));
    if asked >= transport.position(latest) {
        asked
    } else {
        transport.in_phase(asked, transport.position(now + HORIZON))
    }
}
