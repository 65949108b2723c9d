//! The numbers of statuses in the file.

use crate::engine::Status;

/// The number of a status in the file.
pub(super) fn status_number(status: Status) -> u8 {
    match status {
        Status::Pending => 0,
        Status::Running => 1,
        Status::Suspended => 2,
        Status::Stalled => 3,
        Status::Completed => 4,
        Status::Failed => 5,
        Status::Terminated => 6,
        Status::ContinuedAsNew => 7,
        Status::Canceled => 8,
    }
}

/// The numbers of the statuses of open instances.
pub(super) fn open_statuses() -> impl Iterator<Item = u8> {
    let open = Status::ALL.into_iter().filter(|status| !status.is_closed());
    open.map(status_number)
}
