//! Programs of the libraries for JavaScript, Microsoft's and Dapr's.

use serde_json::json;

use crate::harness::{Serve, javascript};

/// Both give the same. The numbers are statuses: 1 is completed, 3 failed, 5 terminated.
fn check(variable: &str, package: &str) {
    let serve = Serve::start();
    let results = javascript(variable, package, &serve.address);
    let expected = json!({
        "chain": [1, "21"],
        "fan_out": [1, "20300"],
        "timers": [1, "true"],
        "nested": [1, "\"up up up deep\""],
        "catches": [1, "true"],
        "lets_fail": [3, null],
        "rounds": [1, "5"],
        "events": [1, "[1,\"größe ♫\",{\"n\":1.5}]"],
        "suspended": [1, "\"kept\""],
        "terminated": [5, "\"enough\""],
        "purged": null,
    });
    assert_eq!(json!(results), expected);
}

#[test]
#[ignore = "needs a package of npm"]
fn programs_of_microsofts_library_end_as_they_should() {
    check("FERMATA_DURABLETASK_NODE", "@microsoft/durabletask-js");
}

#[test]
#[ignore = "needs a package of npm"]
fn programs_of_daprs_library_end_as_they_should() {
    check("FERMATA_DAPR_NODE", "@dapr/durabletask-js");
}
