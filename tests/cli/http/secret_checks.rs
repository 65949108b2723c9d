//! Secrets, as `fermata check` sees them.

use crate::harness::{Outcome, Room};

#[test]
fn check_names_secrets_that_are_not_declared_and_warns_of_missing_ones() {
    let check = |tasks: &str, used: &str, variable: &str| {
        let room = Room::new();
        let text = format!(
            "document: {{ dsl: 1.0.3, namespace: t, name: t, version: 1.0.0 }}\nuse: {used}\ndo:\n{tasks}\n"
        );
        room.write("s.yaml", &text);
        let mut command = room.command("check s.yaml");
        command.env(variable, "s3cr3t-word");
        let outcome = Outcome::of(command);
        assert!(!outcome.err.contains("s3cr3t-word"), "{outcome:#?}");
        outcome
    };
    let call = "  - a: { call: http, with: { method: get, endpoint: 'http://h/', headers: { X: '${ $secrets.NAME }' } } }";
    let tasks = call.replace("NAME", "tokne");
    let wrong = check(&tasks, "{ secrets: [token] }", "NONE");
    assert_eq!(wrong.code, Some(1), "{wrong:#?}");
    assert!(wrong.err.contains("s.yaml:4:"), "{wrong:#?}");
    assert!(wrong.err.contains("no secret named `tokne`"), "{wrong:#?}");
    assert!(wrong.err.contains("did you mean `token`?"), "{wrong:#?}");

    let tasks = call.replace("NAME", "token");
    let missing = check(
        &tasks,
        "{ secrets: [token, spare] }",
        "FERMATA_SECRET_SPARE",
    );
    assert_eq!(missing.code, Some(0), "{missing:#?}");
    assert!(
        missing
            .err
            .contains("s.yaml:2:18: warning: the secret `token` is set nowhere"),
        "{missing:#?}"
    );
    assert!(
        missing
            .err
            .contains("warning: nothing uses the secret `spare`"),
        "{missing:#?}"
    );
    let fine = check(&tasks, "{ secrets: [token] }", "FERMATA_SECRET_TOKEN");
    assert_eq!((fine.code, fine.err.as_str()), (Some(0), ""));

    // Wherever a value would be recorded, and whatever needs the value of a secret.
    for (task, says) in [
        (
            "set: { a: '${ $secrets.token }' }",
            "only where a request is made up",
        ),
        (
            "if: '${ $secrets.token == 1 }', set: {}",
            "only where a request is made up",
        ),
        (
            "set: {}, input: { from: '${ $secrets }' }",
            "only where a request is made up",
        ),
        (
            "set: {}, export: { as: '${ $secrets.token }' }",
            "only where a request is made up",
        ),
        (
            "emit: { event: { with: { type: a, data: '${ $secrets.token }' } } }",
            "only where a request is made up",
        ),
        (
            "run: { workflow: { namespace: t, name: o, version: 1.0.0, input: '${ $secrets }' } }",
            "only where a request is made up",
        ),
        (
            "call: http, with: { method: get, endpoint: 'http://h/', body: '${ $secrets.token | length }' }",
            "is known only when the request is sent",
        ),
        (
            "call: http, with: { method: get, endpoint: 'http://h/', body: '${ $secrets }' }",
            "is known only when the request is sent",
        ),
        (
            "call: http, with: { method: '${ $secrets.token }', endpoint: 'http://h/' }",
            "only where a request is made up",
        ),
        (
            "call: http, with: { method: get, endpoint: 'http://h/', body: '${ $secret.token }' }",
            "write `$secrets`",
        ),
    ] {
        let outcome = check(
            &format!("  - a: {{ {task} }}"),
            "{ secrets: [token] }",
            "FERMATA_SECRET_TOKEN",
        );
        assert_eq!(outcome.code, Some(1), "{task}: {outcome:#?}");
        assert!(outcome.err.contains(says), "{task}: {outcome:#?}");
    }
    let dashed = call.replace("NAME", "my-key");
    let wrong = check(&dashed, "{ secrets: [my-key] }", "NONE");
    assert!(
        wrong.err.contains("write `$secrets[\"my-key\"]`"),
        "{wrong:#?}"
    );
    for used in [
        "{ secrets: token }",
        "{ secrets: [a, a] }",
        "{ secrets: ['a b'] }",
        "{ secrets: [{}] }",
    ] {
        assert_eq!(
            check("  - a: { set: {} }", used, "NONE").code,
            Some(1),
            "{used}"
        );
    }
}
