//! The connection of a worker, by the same addresses and variables as everything else that reaches the server.

use std::{path::Path, sync::Arc, time::Duration};

use temporalio_client::{
    Client, ClientOptions, ClientTlsOptions, Connection, ConnectionOptions, TlsOptions,
};
use url::Url;

use super::WorkerError;
use crate::backend::{Backend, BackendAddress, BackendError, Tls, attach};

/// How long the connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// What the server's histories say who did something. No user and no host.
pub(super) const IDENTITY: &str = "fermata";

/// Connects with a server, which has answered once when this returns: for the worker, and as a backend.
pub(super) async fn connect(
    address: &BackendAddress,
) -> Result<(Client, Arc<dyn Backend>), WorkerError> {
    // It says in a sentence what is wrong with the address, the key or the namespace.
    let backend = attach(address).await?;
    let wrong = |reason: String| BackendError::Address {
        address: address.to_string(),
        reason,
    };
    let target = Url::parse(&address.target()).map_err(|error| wrong(error.to_string()))?;
    let tls = address.tls().map(tls_options).transpose().map_err(wrong)?;
    let options = ConnectionOptions::new(target)
        .identity(IDENTITY.to_owned())
        .connect_timeout(CONNECT)
        .maybe_tls_options(tls)
        .maybe_api_key(address.api_key().map(str::to_owned))
        .build();
    let unreachable = |reason: String| BackendError::Unreachable {
        backend: address.name(),
        reason,
    };
    let connection = Connection::connect(options).await;
    let connection = connection.map_err(|error| unreachable(error.to_string()))?;
    let options = ClientOptions::new(address.namespace()).build();
    let client = Client::new(connection, options);
    let client = client.map_err(|error| unreachable(error.to_string()))?;
    Ok((client, backend))
}

fn tls_options(tls: &Tls) -> Result<TlsOptions, String> {
    let identity = match &tls.identity {
        None => None,
        Some((certificate, key)) => Some(
            ClientTlsOptions::builder()
                .client_cert(read(certificate)?)
                .client_private_key(read(key)?)
                .build(),
        ),
    };
    let authorities = tls.authorities.as_deref().map(read).transpose()?;
    Ok(TlsOptions::builder()
        .maybe_server_root_ca_cert(authorities)
        .maybe_domain(tls.server_name.clone())
        .maybe_client_tls_options(identity)
        .build())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}
