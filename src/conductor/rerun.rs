//! Reruns: a fork of an instance joins the performance on a bar line.
//!
//! The fork is made at once, and suspended with a reason of its own until shortly before the bar. So it is
//! in the store, can be seen, and is not lost if the process ends while it waits.

use std::time::Duration;

use tokio::time::sleep_until;

use super::{Conductor, ConductorError, lane::RunId, resume_point::first_pending};
use crate::{
    engine::{EventId, InstanceId},
    music::{Beat, HORIZON, MusicError, Nanos},
};

/// How long before its bar line a rerun is resumed: enough for the commits in between, also on a slow disk.
const LEAD: Duration = Duration::from_millis(250);

/// A fork that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rerun {
    /// The new instance.
    pub id: InstanceId,
    /// When it begins.
    pub begins: RerunStart,
}

/// When a rerun begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RerunStart {
    /// At once, because the transport is stopped.
    Now,
    /// At the next bar line: someone has to call [`Conductor::resume_at_bar`].
    NextBar,
}

impl Conductor {
    /// The reason in the history of a rerun that waits for a bar line.
    pub const UNTIL_NEXT_BAR: &str = "until the next bar";

    /// The reason in the history of a rerun that begins on its bar line.
    pub const BAR_BEGINS: &str = "the bar begins";

    /// Forks a run of an instance before an event. While the transport rolls, the fork is suspended until
    /// the next bar line; else it begins at once.
    ///
    /// # Errors
    ///
    /// [`ConductorError::Engine`] if the instance or the event does not exist.
    pub async fn rerun(
        &self,
        source: &InstanceId,
        run: u32,
        from: EventId,
    ) -> Result<Rerun, ConductorError> {
        let engine = self.engine();
        if !self.player().transport().is_rolling() {
            let id = engine.rerun_run(source, run, from, None, None).await?;
            let begins = RerunStart::Now;
            return Ok(Rerun { id, begins });
        }
        let reason = Self::UNTIL_NEXT_BAR;
        let id = engine.rerun_suspended(source, run, from, reason).await?;
        self.activities.assign_channels(&id);
        let begins = RerunStart::NextBar;
        Ok(Rerun { id, begins })
    }

    /// Waits until shortly before the next bar line and lets the instance begin on it: none of its notes
    /// is earlier. It also waits while the transport is stopped. `still_waits` is checked again just before
    /// the instance is resumed: someone may have resumed or paused it by hand.
    ///
    /// # Errors
    ///
    /// [`ConductorError::Music`] if the player has ended; [`ConductorError::Engine`] if the instance cannot
    /// be resumed, for example because it has closed.
    pub async fn resume_at_bar(
        &self,
        id: &InstanceId,
        still_waits: impl Fn() -> bool,
    ) -> Result<(), ConductorError> {
        let bar = self.next_bar_is_near().await?;
        if !still_waits() {
            return Ok(());
        }
        if let Ok(summary) = self.engine().archive().summary(id)
            && let Ok(lane) = self.activities.lane(&RunId::of(&summary))
        {
            let history = self.engine().archive().history(id)?;
            lane.begin_at(bar, first_pending(&history), self.player().transport());
        }
        Ok(self.engine().resume(id, Self::BAR_BEGINS).await?)
    }

    /// Waits until a bar line is [`LEAD`] away, and returns it.
    async fn next_bar_is_near(&self) -> Result<Beat, ConductorError> {
        let player = self.player();
        let mut changes = player.watch_transport();
        loop {
            let transport = *changes.borrow_and_update();
            let earliest = transport.position(player.now() + LEAD + HORIZON);
            let bar = transport.next_bar(earliest);
            let near = async {
                match transport.instant(bar) {
                    Some(due) => {
                        let wake = Nanos(due.0.saturating_sub(LEAD.as_nanos() as u64));
                        sleep_until(player.origin() + wake.since(Nanos::ZERO)).await;
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                changed = changes.changed() => if changed.is_err() {
                    return Err(MusicError::PlayerGone.into());
                },
                () = near => return Ok(bar),
            }
        }
    }
}
