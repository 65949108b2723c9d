//! Reads the schedules of the store while the window lists them.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::timeout};

use super::application::{App, AppEvent};
use crate::view::{ScheduleCard, ScheduleList};

/// How often they are read.
const INTERVAL: Duration = Duration::from_secs(1);

/// Reads them until the application ends.
pub(super) async fn run(app: Arc<App>, mut list: watch::Receiver<ScheduleList>) {
    let mut shown = Vec::new();
    loop {
        if *list.borrow_and_update() == ScheduleList::Closed {
            if list.changed().await.is_err() {
                return;
            }
            continue;
        }
        match app.conductor.engine().schedules().await {
            Ok(schedules) => {
                let cards: Vec<_> = schedules.iter().map(ScheduleCard::from).collect();
                if cards != shown {
                    shown.clone_from(&cards);
                    app.emit(AppEvent::Schedules(cards));
                }
            }
            // The engine has stopped.
            Err(_) => return,
        }
        if let Ok(Err(_)) = timeout(INTERVAL, list.changed()).await {
            return;
        }
    }
}
