//! The control surface at work: turns MIDI input into commands.
//!
//! Thru and clock messages go straight to the player; everything else becomes a command, as from the
//! window.

mod lamps;
mod task;
#[cfg(test)]
mod tests;

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError},
    time::Duration,
};

use tokio::time::{sleep, sleep_until};

use super::host::App;
use crate::{
    conductor::{
        control_surface::Inputs,
        rig::{Controls, Rig},
    },
    engine::InstanceId,
    music::Nanos,
    view::Learn,
};
use task::ControlSurfaceTask;

/// How often it is asked whether the clock that is followed is still heard.
const CLOCK: Duration = Duration::from_millis(300);
/// What the window tells the hands.
pub(in crate::app) enum ToControlSurface {
    /// About learning.
    Learn(Learn),
    /// The selected lane is another one.
    Selected(Option<InstanceId>),
}

/// Saves the controls after something was learned.
type Save = Box<dyn Fn(&Controls) -> Result<(), String> + Send + Sync>;

/// Saves learned controls in the rig file.
pub(in crate::app) fn save_to(rig: Option<PathBuf>) -> Save {
    Box::new(move |controls| {
        let Some(path) = &rig else {
            return Err(
                "this system has no config directory for rig.toml: pass --rig FILE to save what \
                        was learned"
                    .to_owned(),
            );
        };
        let written = Rig::edit(path, |rig| controls.write_into(rig));
        written.map_err(|error| error.to_string())
    })
}

/// Listens until the window is closed.
pub(in crate::app) async fn run(app: Arc<App>, save: Save) {
    let told = app
        .control_surface_events
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    // Somebody listens already, or nothing is there to be listened to.
    let (Some(mut told), Some(mut names)) = (told, app.conductor.watch_ports()) else {
        return;
    };
    let mut inputs = Inputs::new(app.conductor.player().origin().into_std());
    let news = inputs.news();
    let mut wanted = app.conductor.watch_controls();
    let controls = wanted.borrow_and_update().clone();
    let mut task = ControlSurfaceTask::new(Arc::clone(&app), controls, save);
    let present = Arc::clone(&names.borrow_and_update());
    task.tend(&mut inputs, &present);
    loop {
        let now = app.conductor.player().now();
        let settles = task.hands.settles_at();
        let settles = async {
            match settles {
                Some(at) => {
                    sleep_until(app.conductor.player().origin() + at.since(Nanos::ZERO)).await
                }
                None => std::future::pending().await,
            }
        };
        let hears_clock = task.hears_clock(now);
        let clock = async {
            match hears_clock {
                true => sleep(CLOCK).await,
                false => std::future::pending().await,
            }
        };
        let mut ports_changed = false;
        tokio::select! {
            biased;
            () = news.notified() => {}
            () = settles => {}
            told = told.recv() => match told {
                Some(told) => ports_changed = task.told(told),
                None => return,
            },
            // When nobody watches the ports any more, what is open stays open.
            Ok(()) = names.changed() => ports_changed = true,
            changed = wanted.changed() => match changed {
                Ok(()) => {
                    let controls = wanted.borrow_and_update().clone();
                    task.take_up(controls);
                    ports_changed = true;
                }
                Err(_) => return,
            },
            () = app.shown.notified() => {}
            () = clock => {}
        }
        while let Some((input, arrived)) = inputs.take() {
            ports_changed |= task.hear(&input, arrived);
        }
        task.settle();
        if ports_changed {
            let present = Arc::clone(&names.borrow_and_update());
            task.tend(&mut inputs, &present);
        }
        task.show(&inputs);
    }
}
