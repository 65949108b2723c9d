//! Errors of a client.

use std::io;

use super::protocol::VERSION;

/// Why a running program did not answer a request.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The program answered that it cannot do this.
    #[error("{0}")]
    Refused(String),
    /// The connection failed.
    #[error("the program that has the store open does not answer: {0}")]
    Connection(#[from] io::Error),
    /// The program ended, or closed the connection.
    #[error("the program that has the store open closed the connection: try again")]
    Gone,
    /// The program speaks another version of the protocol.
    #[error(
        "the program that has the store open speaks version {0} of the protocol, this one version \
         {VERSION}: use the same Fermata for both"
    )]
    Version(u32),
    /// The answer is not of this protocol.
    #[error("the answer of the program that has the store open is malformed: {0}")]
    Malformed(String),
}
