//! A small HTTP server, and a pet store like that of the standard's scenarios.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use base64::{Engine, prelude::BASE64_STANDARD as STANDARD};
use serde_json::{Value, json};

/// A request, as it came.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub method: String,
    /// Path and query.
    pub target: String,
    /// By names in small letters.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// The requests that it received.
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(body: &Value) -> Self {
        Self::of(200, "application/json", body.to_string().as_bytes())
    }

    pub fn of(status: u16, media: &str, body: &[u8]) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", media.to_owned())],
            body: body.to_vec(),
        }
    }

    pub fn status(status: u16) -> Self {
        Self::of(status, "application/json", br#"{"message":"no"}"#)
    }

    pub fn to(status: u16, location: &str) -> Self {
        let mut reply = Self::status(status);
        reply.headers.push(("Location", location.to_owned()));
        reply
    }
}

/// A server on a port of its own, until the test ends.
pub struct Server {
    pub address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Answers each request by what `answer` says to it, and to how many came before.
    pub fn start(answer: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&seen), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                thread::spawn(move || {
                    let Some(request) = request(&stream) else {
                        return;
                    };
                    let before = {
                        let mut log = log.lock().unwrap();
                        log.push(request.clone());
                        log.len() - 1
                    };
                    reply(stream, &answer(&request, before), request.method == "HEAD");
                });
            }
        });
        Self { address, seen }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The only request so far.
    pub fn only(&self) -> Seen {
        let mut seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:#?}");
        seen.remove(0)
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }
}

fn request(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let mut seen = Seen {
        method: words.next()?.to_owned(),
        target: words.next()?.to_owned(),
        ..Seen::default()
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        let value = value.trim().to_owned();
        seen.headers.insert(name.to_ascii_lowercase(), value);
    }
    let length = seen.headers.get("content-length");
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    seen.body = String::from_utf8(body).unwrap();
    Some(seen)
}

fn reply(mut stream: TcpStream, reply: &Reply, is_head: bool) {
    let mut head = format!("HTTP/1.1 {} Said\r\nConnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Content-Length: {}\r\n\r\n", reply.body.len());
    // The other side may have gone.
    let _ = stream.write_all(head.as_bytes());
    if !is_head {
        let _ = stream.write_all(&reply.body);
    }
}

fn pet(id: u64, status: &str) -> Value {
    json!({ "id": id, "name": format!("pet {id}"), "status": status, "photoUrls": [] })
}

/// Answers like the pet store, and like httpbin where its paths are asked for.
pub fn pet_store(seen: &Seen, _: usize) -> Reply {
    let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
    let words: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let own = seen.headers.get("host").unwrap();
    match (seen.method.as_str(), words.as_slice()) {
        ("GET", ["v2", "swagger.json"]) => Reply::json(&swagger(own)),
        ("GET", ["v3", "openapi.yaml"]) => Reply::of(200, "application/yaml", OPENAPI_3.as_bytes()),
        ("GET", [_, "pet", "findByStatus"]) => {
            let status = query.strip_prefix("status=").unwrap_or_default();
            Reply::json(&json!([pet(1, status), pet(2, status)]))
        }
        ("GET", [_, "pet", id]) => match id.parse() {
            Ok(id) => Reply::json(&pet(id, "available")),
            Err(_) => Reply::status(404),
        },
        ("POST" | "PUT", [_, "pet"]) => Reply::json(&json!({ "sent": seen.body })),
        ("POST", [_, "pet", _]) => Reply::json(&json!({ "form": seen.body })),
        ("DELETE", [_, "pet", _]) => Reply::json(&json!({ "key": seen.headers.get("api_key") })),
        ("GET", ["basic-auth", name, word]) => {
            let expected = format!("Basic {}", STANDARD.encode(format!("{name}:{word}")));
            match seen.headers.get("authorization") == Some(&expected) {
                true => Reply::json(&json!({ "authenticated": true })),
                false => Reply::status(401),
            }
        }
        _ => Reply::status(404),
    }
}

/// OpenAPI 2.0.
fn swagger(host: &str) -> Value {
    let id = json!({ "name": "petId", "in": "path", "required": true, "type": "integer" });
    json!({
        "swagger": "2.0",
        "info": { "title": "Pets", "version": "1" },
        "host": host,
        "basePath": "/v2",
        "schemes": ["https", "http"],
        "parameters": { "PetId": id },
        "paths": {
            "/pet": { "post": { "operationId": "addPet", "parameters": [
                { "name": "pet", "in": "body", "required": true, "schema": {} },
            ] } },
            "/pet/findByStatus": { "get": { "operationId": "findPetsByStatus", "parameters": [
                { "name": "status", "in": "query", "required": true, "type": "array",
                  "items": { "type": "string" }, "collectionFormat": "multi" },
            ] } },
            "/pet/{petId}": {
                "parameters": [{ "$ref": "#/parameters/PetId" }],
                "get": { "operationId": "getPetById" },
                "post": { "operationId": "updatePetWithForm", "parameters": [
                    { "name": "name", "in": "formData", "type": "string" },
                    { "name": "status", "in": "formData", "type": "string" },
                ] },
                "delete": { "operationId": "deletePet", "parameters": [
                    { "name": "api_key", "in": "header", "type": "string" },
                ] },
            },
        },
    })
}

/// OpenAPI 3, with a server that is relative to the document.
const OPENAPI_3: &str = "
openapi: 3.0.2
info: { title: Pets, version: '1' }
servers:
  - url: /{version}
    variables: { version: { default: v3 } }
paths:
  /pet:
    put:
      operationId: updatePet
      requestBody: { $ref: '#/components/requestBodies/Pet' }
  /pet/findByStatus:
    get:
      operationId: findPetsByStatus
      parameters:
        - { name: status, in: query, schema: { type: string, default: sold }, required: true }
  /pet/{petId}:
    get:
      operationId: getPetById
      parameters:
        - { name: petId, in: path, required: true, schema: { type: integer } }
        - { name: trace, in: cookie, schema: { type: string } }
        - { name: tags, in: query, explode: false, schema: { type: array } }
components:
  requestBodies:
    Pet: { required: true, content: { application/json: { schema: { type: object } } } }
";
