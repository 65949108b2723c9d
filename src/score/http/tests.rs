use serde_json::json;

use super::*;

fn expanded(template: &str, input: serde_json::Value) -> Result<String, UriError> {
    UriTemplate::parse(template).unwrap().expand(&input)
}

#[test]
fn template_values_are_escaped() {
    let input = json!({ "a": "x/y", "a.b": 1, "no": null, "list": [] });
    let whole = "http://h/{a}/{a.b}/{no}{absent}";
    assert_eq!(expanded(whole, input.clone()).unwrap(), "http://h/x%2Fy/1/");
    assert!(expanded("http://h/{list}", input).is_err());
    // An input that is no map has no names.
    assert_eq!(expanded("http://h/{a}", json!(1)).unwrap(), "http://h/");
}

#[test]
fn an_invalid_template_is_reported_with_a_position() {
    for (template, at) in [
        ("http://h/{a", 9),
        ("http://h/a}", 10),
        ("http://h/{a}/{?b}", 13),
        ("http://h/${ .a }", 9),
        ("mailto:a@b", 0),
    ] {
        assert_eq!(
            UriTemplate::parse(template).unwrap_err().at,
            at,
            "{template}"
        );
    }
    for fine in [
        "http://{host}:{port}/{a}?b={c}",
        "https://h",
        "{all}",
        "HTTP://h/",
    ] {
        UriTemplate::parse(fine).unwrap();
    }
}

#[test]
fn a_value_cannot_change_the_host_or_add_a_header() {
    let input = json!({ "id": "@evil/?#" });
    assert_eq!(
        expanded("http://h/{id}", input).unwrap(),
        "http://h/%40evil%2F%3F%23"
    );
    assert!(header_name("x\r\ny").is_err());
    assert!(uri("http://h/\r\nHost: x").is_err());
}

#[test]
fn debug_hides_credentials() {
    let secret = Credentials::Basic {
        username: "u".into(),
        password: "hush".into(),
    };
    assert!(!format!("{secret:?}").contains("hush"));
}

/// Histories have calls in this form.
#[test]
fn a_call_is_written_with_the_names_of_its_secrets() {
    let written = json!({
        "task": "ask",
        "request": {
            "method": "post",
            "uri": "https://h/{$secrets.key}",
            "query": [["key", "{$secrets.key}"]],
            "headers": { "X-Key": "k {$secrets.key}" },
            "body": { "a": ["{$secrets.key}"] },
        },
        "authentication": { "oauth2": {
            "protocol": "oauth2",
            "authority": "https://h",
            "grant": "client_credentials",
            "client": { "id": "me", "secret": "{$secrets.key}", "authentication": "client_secret_post" },
            "encoding": "application/x-www-form-urlencoded",
        } },
        "output": "content",
        "redirect": "refused",
        "secrets": {
            "/authentication/oauth2/client/secret": [{ "secret": "key" }],
            "/request/body/a/0": [{ "secret": "key" }],
            "/request/headers/X-Key": ["k ", { "secret": "key" }],
            "/request/query/0/1": [{ "secret": "key" }],
            "/request/uri": ["https://h/", { "secret": "key" }],
        },
    });
    let call: HttpCall = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&call).unwrap(), written);
    // As builds without secrets have written it.
    let earlier = json!({ "task": "ask", "request": { "method": "get", "uri": "https://h" } });
    let call: HttpCall = serde_json::from_value(earlier).unwrap();
    assert!(call.secrets.is_empty());
}

proptest::proptest! {
    #![proptest_config(crate::seed::cases(256))]

    #[test]
    fn no_template_panics(text in "(https?://)?([a-z{}$/?#@:%. \\-]|\\PC)*") {
        if let Ok(template) = UriTemplate::parse(&text) {
            let _ = template.expand(&json!({ "a": "b" }));
        }
    }
}
