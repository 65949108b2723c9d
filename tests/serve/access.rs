//! Who may connect.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::harness::{DURABLE_TASK, Serve, fermata};

#[test]
fn addresses_that_other_machines_reach_are_refused() {
    for address in ["0.0.0.0:0", "[::]:0", "10.0.0.7:4001"] {
        let mut command = fermata();
        command.args(["serve", "--store", ":memory:", "--durable-task", address]);
        let output = command.output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("other machines"), "{told}");
        assert!(told.contains("127.0.0.1"), "{told}");
    }
}

#[test]
#[ignore = "needs a Python environment"]
fn a_token_is_demanded_if_the_server_has_one() {
    let serve = Serve::start_with_token("s3cret");
    let at = serve.address.as_str();
    let mut command = DURABLE_TASK.command(&["start", at, "one", "chain", "1"]);
    let refused = command.output().unwrap();
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success());
    assert!(told.contains("DAPR_API_TOKEN"), "{told}");
}

#[test]
#[ignore = "needs a Python environment"]
fn a_unix_socket_serves_its_owner_only() {
    let serve = Serve::start_on_socket();
    let file = serve.folder().join("serve.sock");
    let mode = std::fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let at = serve.address.as_str();
    let _worker = DURABLE_TASK.worker(at);
    DURABLE_TASK.output(&["start", at, "one", "chain", "2"]);
    let end = json!({"status": "COMPLETED", "output": "2"});
    assert_eq!(DURABLE_TASK.end(at, "one"), end);
}
