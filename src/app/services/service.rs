//! One service: its faults, its operations, and the answers that it repeats.

use serde_json::{Value, json};

use super::{
    chance::Chance,
    faults::Faults,
    kinds::Behavior,
    message::{Answer, Marks, Method, Request},
    openapi,
    operation::object,
    records::Records,
};

/// The longest key, in bytes.
const MAX_KEY: usize = 400;

/// A service while it runs.
pub(super) struct Service {
    pub name: &'static str,
    about: &'static str,
    faults: Faults,
    chance: Chance,
    answered: Records<Answered>,
    behavior: Box<dyn Behavior>,
}

/// A request with a key, and its answer.
struct Answered {
    method: Method,
    path: String,
    body: Vec<u8>,
    answer: Answer,
}

impl Service {
    pub fn new(
        name: &'static str,
        about: &'static str,
        behavior: Box<dyn Behavior>,
        seed: u64,
    ) -> Self {
        Self {
            name,
            about,
            faults: Faults::default(),
            chance: Chance::new(seed),
            answered: Records::default(),
            behavior,
        }
    }

    /// The service in a list.
    pub fn listed(&self) -> Value {
        let name = self.name;
        json!({
            "name": name,
            "description": self.about,
            "openapi": format!("/{name}/openapi.json"),
            "faults": self.faults,
        })
    }

    /// Answers a request. `path` is below that of the service.
    pub fn answer(&mut self, path: &str, request: &Request) -> Answer {
        match path {
            "/openapi.json" => match request.method {
                Method::Get => Answer::of(
                    200,
                    openapi::document(self.name, self.about, self.behavior.operations()),
                ),
                _ => not_allowed(vec![Method::Get]),
            },
            "/faults" => match request.method {
                Method::Get => Answer::of(200, json!(self.faults)),
                Method::Put => self.set_faults(&request.body),
                _ => not_allowed(vec![Method::Get, Method::Put]),
            },
            _ => {
                let delay = self.faults.delay();
                let answer = self.perform(path, request);
                Answer { delay, ..answer }
            }
        }
    }

    fn set_faults(&mut self, body: &[u8]) -> Answer {
        // As an object first: serde also takes lists for structures.
        let faults = object(body).and_then(|faults| {
            serde_json::from_value::<Faults>(Value::Object(faults))
                .map_err(|error| error.to_string())
                .and_then(Faults::checked)
                .map_err(|why| Answer::problem(422, why))
        });
        match faults {
            Ok(faults) => {
                self.faults = faults;
                Answer::of(200, json!(faults))
            }
            Err(answer) => answer,
        }
    }

    fn perform(&mut self, path: &str, request: &Request) -> Answer {
        let operations = self.behavior.operations();
        let here: Vec<_> = operations
            .iter()
            .filter_map(|operation| Some((operation, operation.matches(path)?)))
            .collect();
        let methods: Vec<Method> = here.iter().map(|(one, _)| one.method).collect();
        let found = here
            .into_iter()
            .find(|(one, _)| one.method == request.method);
        let Some((operation, values)) = found else {
            return match methods.is_empty() {
                true => Answer::problem(
                    404,
                    format!(
                        "there is no {}; GET /{}/openapi.json lists all operations",
                        request.path, self.name
                    ),
                ),
                false => not_allowed(methods),
            };
        };
        if let Some(why) = self.fault(request) {
            let mut answer = Answer::problem(503, why);
            answer.body["injected"] = true.into();
            answer.marks.injected = true;
            return answer;
        }
        let key = request.key.as_deref();
        let key = key.filter(|_| request.method != Method::Get);
        if let Some(key) = key {
            if key.is_empty() || key.len() > MAX_KEY {
                let detail = format!("`Idempotency-Key` must have 1 to {MAX_KEY} bytes");
                return Answer::problem(400, detail);
            }
            if let Some(earlier) = self.answered.get(key) {
                return earlier.again(request);
            }
        }
        let answer = match operation.given(values, &request.body) {
            Ok(given) => match self.behavior.perform(operation.id, &given) {
                Ok(body) => Answer::of(operation.status, body),
                Err(refusal) => Answer::problem(refusal.status, refusal.detail),
            },
            Err(answer) => answer,
        };
        // A refusal had no effect, and may be another answer next time.
        if let Some(key) = key
            && !answer.is_problem()
        {
            self.answered.keep(
                key,
                Answered {
                    method: request.method,
                    path: request.path.clone(),
                    body: request.body.clone(),
                    answer: answer.clone(),
                },
            );
        }
        answer
    }

    /// Why the request fails by a fault, if it does.
    fn fault(&mut self, request: &Request) -> Option<String> {
        let name = self.name;
        // Drawn in any case, so that other faults do not change which requests fail by chance.
        let is_drawn = self.chance.fails(request, self.faults.failure_rate);
        if self.faults.outage {
            return Some(format!("{name} has an outage"));
        }
        if self.faults.fail_next > 0 {
            self.faults.fail_next -= 1;
            return Some(format!("{name} fails this time"));
        }
        is_drawn.then(|| format!("{name} fails by its failure rate"))
    }
}

impl Answered {
    /// The same answer, if the request is the same.
    fn again(&self, request: &Request) -> Answer {
        let is_same =
            self.method == request.method && self.path == request.path && self.body == request.body;
        if !is_same {
            let detail = "another request had the same `Idempotency-Key`: give each its own";
            return Answer::problem(422, detail);
        }
        let marks = Marks {
            repeated: true,
            ..self.answer.marks
        };
        Answer {
            marks,
            ..self.answer.clone()
        }
    }
}

/// The answer to a method that a path does not have.
pub(super) fn not_allowed(methods: Vec<Method>) -> Answer {
    let names: Vec<_> = methods.iter().map(|method| method.name()).collect();
    let detail = format!("use {} here", names.join(" or "));
    Answer {
        allowed: methods,
        ..Answer::problem(405, detail)
    }
}
