//! Failures of the window in the last week.

use super::finding::Finding;
use crate::cli::store::StoreArgs;

#[cfg(not(feature = "stage"))]
pub(super) fn check(_: &StoreArgs) -> Option<Finding> {
    None
}

/// Names the newest report; nothing without one.
#[cfg(feature = "stage")]
pub(super) fn check(store: &StoreArgs) -> Option<Finding> {
    use super::finding::Rating;

    let report = crate::app::newest_crash_report(&store.file().ok()??)?;
    Some(Finding {
        name: "window",
        rating: Rating::Usable,
        figure: format!("it had an error in the last week: {}", report.display()),
        remedy: "Send the report to the developers; it contains nothing of your scores. If the window \
                 fails again, `fermata --safe` starts it plain.",
        data: serde_json::json!({ "report": report }),
    })
}
