//! Operations of OpenAPI documents.

use super::*;

fn operation(document: String, id: &str, parameters: Value, output: &str) -> Performed {
    let with = json!({
        "document": { "endpoint": document },
        "operationId": id,
        "parameters": parameters,
        "output": output,
    });
    let input = json!({ "status": "available", "petId": 1 });
    perform(
        json!([{ "ask": { "call": "openapi", "with": with } }]),
        input,
    )
}

#[test]
fn an_operation_of_openapi_2_is_called() {
    let store = Server::start(pet_store);
    let ask = |id: &str, parameters: Value| {
        operation(store.at("/v2/swagger.json"), id, parameters, "content")
    };
    let run = ask("findPetsByStatus", json!({ "status": "${ .status }" }));
    assert_eq!(run.output()[0]["status"], "available");
    assert_eq!(
        store.seen()[1].target,
        "/v2/pet/findByStatus?status=available"
    );
    let run = ask("findPetsByStatus", json!({ "status": ["a", "b"] }));
    run.output();
    assert_eq!(
        store.seen()[3].target,
        "/v2/pet/findByStatus?status=a&status=b"
    );
    let run = ask("addPet", json!({ "body": { "name": "Milou" } }));
    assert_eq!(run.output()["sent"], r#"{"name":"Milou"}"#);
    let run = ask("addPet", json!({ "pet": { "name": "Milou" } }));
    assert_eq!(run.output()["sent"], r#"{"name":"Milou"}"#);
    let run = ask(
        "updatePetWithForm",
        json!({ "petId": 3, "name": "a b", "status": "sold" }),
    );
    assert_eq!(run.output()["form"], "name=a+b&status=sold");
    let run = ask("deletePet", json!({ "petId": 3, "api_key": "k" }));
    assert_eq!(run.output()["key"], "k");
}

#[test]
fn the_response_of_an_operation_has_its_request() {
    let store = Server::start(pet_store);
    let document = store.at("/v2/swagger.json");
    let run = operation(
        document,
        "getPetById",
        json!({ "petId": "${ .petId }" }),
        "response",
    );
    let output = run.output();
    assert_eq!(output["request"]["method"], "get");
    assert_eq!(output["request"]["uri"], store.at("/v2/pet/1"));
    assert!(output["request"]["headers"].is_object());
    assert_eq!(output["statusCode"], 200);
    assert_eq!(output["content"]["id"], 1);
    // Fetching the document is part of the call: one activity.
    assert_eq!(run.count("TaskScheduled"), 1);
}

#[test]
fn an_operation_of_openapi_3_is_called() {
    let store = Server::start(pet_store);
    let ask = |id: &str, parameters: Value| {
        operation(store.at("/v3/openapi.yaml"), id, parameters, "content")
    };
    // A parameter that must be there has its default.
    ask("findPetsByStatus", json!({})).output();
    assert_eq!(store.seen()[1].target, "/v3/pet/findByStatus?status=sold");
    let run = ask(
        "getPetById",
        json!({ "petId": 5, "trace": "a b", "tags": ["x", "y"] }),
    );
    assert_eq!(run.output()["id"], 5);
    let seen = &store.seen()[3];
    assert_eq!(seen.target, "/v3/pet/5?tags=x%2Cy");
    assert_eq!(seen.headers["cookie"], "trace=a%20b");
    let run = ask("updatePet", json!({ "body": { "id": 9 } }));
    assert_eq!(run.output()["sent"], r#"{"id":9}"#);
    assert_eq!(store.seen()[5].headers["content-type"], "application/json");
}

#[test]
fn invalid_arguments_of_an_operation_are_reported_before_the_call() {
    let store = Server::start(pet_store);
    let wrong = |path: &str, id: &str, parameters: Value, status: u16, says: &str| {
        let before = store.seen().len();
        let run = operation(store.at(path), id, parameters, "content");
        let error = run.error();
        assert_eq!(error["status"], status, "{error:#}");
        assert!(
            error["detail"].as_str().unwrap().contains(says),
            "{error:#}"
        );
        assert_eq!(error["instance"], "/do/0/ask");
        assert_eq!(store.seen().len(), before + 1);
    };
    wrong(
        "/v3/openapi.yaml",
        "getPet",
        json!({}),
        400,
        "no operation `getPet`",
    );
    wrong(
        "/v3/openapi.yaml",
        "getPetById",
        json!({}),
        400,
        "needs the parameter `petId`",
    );
    wrong(
        "/v3/openapi.yaml",
        "updatePet",
        json!({}),
        400,
        "needs the parameter `body`",
    );
    let more = json!({ "petId": 1, "petid": 2 });
    wrong(
        "/v3/openapi.yaml",
        "getPetById",
        more,
        400,
        "no parameter `petid`",
    );
    wrong("/v2/pet/1", "getPetById", json!({}), 500, "is not OpenAPI");
    wrong("/nowhere", "getPetById", json!({}), 404, "404");
}

#[test]
fn a_document_does_not_send_credentials_to_another_origin() {
    let other = Server::start(|seen, _| Reply::json(&json!(seen.headers.get("authorization"))));
    let address = other.address.clone();
    let one = Server::start(move |_, _| {
        let get = json!({ "get": { "operationId": "x" } });
        let servers = json!([{ "url": address }]);
        Reply::json(&json!({ "openapi": "3.0.0", "servers": servers, "paths": { "/x": get } }))
    });
    let ask = |origins: Value| {
        let with = json!({
            "document": { "endpoint": one.at("/api.json") },
            "operationId": "x",
            "authentication": { "bearer": { "token": "tok" }, "origins": origins },
        });
        perform(
            json!([{ "ask": { "call": "openapi", "with": with } }]),
            json!({}),
        )
    };
    let refused = ask(json!([]));
    let error = refused.error().to_string();
    assert!(
        error.contains(&other.address) && !error.contains("tok\""),
        "{error}"
    );
    assert_eq!(other.seen().len(), 0, "nothing was sent");
    assert_eq!(ask(json!([other.address])).output(), "Bearer tok");
}
