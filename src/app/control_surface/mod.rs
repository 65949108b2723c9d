//! The task of the control surface: turns MIDI input into commands.
//!
//! Thru and clock messages go directly to the player; everything else becomes a command, as from the
//! window.

mod lamps;
mod save;
mod task;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    time::{sleep, sleep_until},
};

use super::application::App;
use crate::{conductor::control_surface::Inputs, music::Nanos, view::ControlSurfaceCommand};
use save::Save;
pub(in crate::app) use save::save_to;
use task::ControlSurfaceTask;

/// How often to check that the external clock is still received.
const CLOCK_CHECK_INTERVAL: Duration = Duration::from_millis(300);

/// Handles MIDI input and commands of the window until the program ends.
pub(in crate::app) async fn run(
    app: Arc<App>,
    mut commands: mpsc::UnboundedReceiver<ControlSurfaceCommand>,
    save: Save,
) {
    // A control surface needs MIDI ports.
    let Some(mut names) = app.conductor.watch_ports() else {
        return;
    };
    let mut inputs = Inputs::new(app.conductor.player().origin().into_std());
    let arrivals = inputs.arrivals();
    let mut wanted = app.conductor.watch_controls();
    let controls = wanted.borrow_and_update().clone();
    let mut task = ControlSurfaceTask::new(Arc::clone(&app), controls, save);
    let present = Arc::clone(&names.borrow_and_update());
    task.update_inputs(&mut inputs, &present);
    loop {
        let now = app.conductor.player().now();
        let settles = task.surface.settles_at();
        let settles = async {
            match settles {
                Some(at) => {
                    sleep_until(app.conductor.player().origin() + at.since(Nanos::ZERO)).await
                }
                None => std::future::pending().await,
            }
        };
        let receives_clock = task.receives_clock(now);
        let clock = async {
            match receives_clock {
                true => sleep(CLOCK_CHECK_INTERVAL).await,
                false => std::future::pending().await,
            }
        };
        let mut ports_changed = false;
        tokio::select! {
            biased;
            () = arrivals.notified() => {}
            () = settles => {}
            command = commands.recv() => match command {
                Some(command) => {
                    task.execute(command);
                    ports_changed = true;
                }
                None => return,
            },
            // If the ports are no longer watched, open inputs stay open.
            Ok(()) = names.changed() => ports_changed = true,
            changed = wanted.changed() => match changed {
                Ok(()) => {
                    let controls = wanted.borrow_and_update().clone();
                    task.apply(controls);
                    ports_changed = true;
                }
                Err(_) => return,
            },
            () = app.shown.notified() => {}
            () = clock => {}
        }
        while let Some((input, arrived)) = inputs.take() {
            ports_changed |= task.receive(&input, arrived);
        }
        task.settle();
        if ports_changed {
            let present = Arc::clone(&names.borrow_and_update());
            task.update_inputs(&mut inputs, &present);
        }
        task.show(&inputs);
    }
}
