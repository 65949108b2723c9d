//! Serves workflows of other programs beside the window.

use std::sync::Arc;

use super::application::{App, AppEvent};
use crate::serve::{Hub, ServeOptions, Server};

/// Serves until the program ends. What goes wrong becomes a notice.
pub(super) async fn run(app: Arc<App>, options: ServeOptions, hub: Hub) {
    let notice = |text: String| app.emit(AppEvent::Notice(text));
    let server = match Server::bind(options).await {
        Ok(server) => server,
        Err(error) => return notice(format!("{error}.")),
    };
    let address = server.address();
    notice(format!(
        "Dapr and Durable Task programs can connect to {address}."
    ));
    if let Err(error) = server.run(app.conductor.engine(), hub).await {
        notice(format!("{error}."));
    }
}
