//! Renders recorded music to files, faster than real time. Nothing is performed: the notes come from
//! histories, and a simulated player turns them into the stream that the files get.

use std::time::Duration;

use tokio::{task, time::sleep_until};

use super::{AppError, play::in_virtual_time};
use crate::{
    conductor::{Passage, Step, StepKind},
    music::{
        HORIZON, Journal, LaneId, MusicError, Nanos, Note, Null, PartId, Player, PortId, Sink, When,
    },
};

/// The time from the start of the player to the start of the passage, in which its first notes reach the
/// player. Files that count in time start after it.
pub const LEAD_IN: Nanos = Nanos(HORIZON.as_nanos() as u64 * 2);

/// The longest passage: more than the longest WAV file.
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Plays a passage into the sinks of a journal.
///
/// # Errors
///
/// [`AppError::TooLong`], or [`AppError::Music`] if a file cannot be written.
pub fn render(passage: &Passage, journal: Journal) -> Result<(), AppError> {
    if passage.lasts > LONGEST {
        return Err(AppError::TooLong(passage.lasts));
    }
    in_virtual_time(async {
        let (player, simulation) = Player::simulated(journal);
        let playing = task::spawn_local(simulation.run());
        let rendering = Rendering::new(passage, player)?;
        rendering.play(passage).await?;
        // A simulation that panicked has printed its panic.
        match playing.await {
            Ok(played) => Ok(played?),
            Err(_) => Err(MusicError::PlayerGone.into()),
        }
    })?
}

struct Rendering {
    player: Player,
    lane: LaneId,
    port: PortId,
    parts: Vec<PartId>,
}

impl Rendering {
    fn new(passage: &Passage, player: Player) -> Result<Self, MusicError> {
        let sink: Box<dyn Sink> = Box::new(Null);
        Ok(Self {
            port: player.add_port("render", sink)?,
            lane: player.lane(&passage.title),
            parts: passage.parts.iter().map(|name| player.part(name)).collect(),
            player,
        })
    }

    async fn play(&self, passage: &Passage) -> Result<(), MusicError> {
        let player = &self.player;
        player.set_meters(passage.meters)?;
        player.set_tempo(passage.tempo)?;
        for (part, message) in &passage.settings {
            let part = self.part(part.0);
            player.message(self.port, part, *message, When::Now, Some(self.lane), None)?;
        }
        player.roll(LEAD_IN.since(Nanos::ZERO))?;
        for step in &passage.steps {
            // The player takes what it was given before.
            task::yield_now().await;
            let due = player.transport().instant(step.at).unwrap_or_default();
            sleep_until(player.origin() + before(due)).await;
            self.hand_over(step)?;
        }
        player.until_silent().await;
        player.shutdown()
    }

    fn hand_over(&self, step: &Step) -> Result<(), MusicError> {
        match step.kind {
            StepKind::Tempo(tempo) => self.player.change_tempo(&[(step.at, tempo)]),
            StepKind::Message(part, message) => {
                let (part, lane) = (self.part(part.0), Some(self.lane));
                let when = When::Beat(step.at);
                self.player
                    .message(self.port, part, message, when, lane, None)
            }
            StepKind::Note {
                part,
                channel,
                key,
                velocity,
                length,
                source,
            } => self.player.note(Note {
                lane: self.lane,
                source: Some(source),
                port: self.port,
                part: self.part(part.0),
                channel,
                key,
                velocity,
                at: step.at,
                length,
            }),
        }
    }

    fn part(&self, number: usize) -> PartId {
        // Parts of steps are among those of the passage.
        self.parts.get(number).copied().unwrap_or(PartId(0))
    }
}

/// The time after the start at which something due at `due` is handed over.
fn before(due: Nanos) -> Duration {
    due.since(Nanos::ZERO).saturating_sub(HORIZON)
}
