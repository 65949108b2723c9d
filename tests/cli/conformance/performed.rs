//! Performs the document of a scenario and compares what happens with its steps.

use fermata::score::source::Node;
use serde_json::{Value, json};

use super::gherkin::{Scenario, Step};
use crate::{
    harness::{Outcome, Room, json_lines},
    http::server::{Server, pet_store},
};

/// The services that scenarios call. The test server answers for all of them.
const SERVICES: [&str; 4] = [
    "https://petstore.swagger.io",
    "https://httpbin.org",
    "https://pets.example",
    "https://login.example",
];

/// How a document ended, and what its tasks did.
#[derive(Debug)]
struct Performed {
    end: Value,
    /// An event, such as `started`, and the name of the task.
    tasks: Vec<(String, String)>,
}

/// Performs a scenario. The error is the step that does not hold, and what happened.
pub fn holds(scenario: &Scenario) -> Result<(), String> {
    let services = Server::start(pet_store);
    let (mut document, mut input) = (None, json!({}));
    let mut performed = None;
    for step in &scenario.steps {
        let result = match (step.text.as_str(), &performed) {
            ("a workflow with definition:", None) => text(step).map(|text| {
                let here = |text: String, host: &&str| text.replace(host, &services.address);
                document = Some(SERVICES.iter().fold(text.to_owned(), here));
            }),
            ("the workflow input is:", None) => value(step).map(|value| input = value),
            ("the workflow is executed", None) => {
                let document = document.take().ok_or("there is no document");
                document
                    .map_err(str::to_owned)
                    .and_then(|text| perform(&text, &input))
                    .map(|all| performed = Some(all))
            }
            (_, Some(performed)) => performed.is_as(step),
            _ => Err("this step is unknown or not in its place".to_owned()),
        };
        result.map_err(|why| format!("`{}`: {why}", step.text))?;
    }
    performed
        .map(|_| ())
        .ok_or("nothing is executed".to_owned())
}

fn perform(document: &str, input: &Value) -> Result<Performed, String> {
    let room = Room::new();
    room.write("w.yaml", document);
    let mut command = room
        .command("play w.yaml --clock virtual --store :memory: --tasks t.jsonl -o json --input");
    command.arg(input.to_string());
    let outcome = Outcome::of(command);
    let end = match &json_lines(&outcome.out)[..] {
        [end] => end.clone(),
        _ => return Err(format!("{outcome:#?}")),
    };
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let tasks = room.json_lines("t.jsonl").into_iter();
    let tasks = tasks.map(|line| (word(&line["event"]), word(&line["name"])));
    Ok(Performed {
        end,
        tasks: tasks.collect(),
    })
}

fn text(step: &Step) -> Result<&str, String> {
    step.argument.as_deref().ok_or("its text is missing".into())
}

fn value(step: &Step) -> Result<Value, String> {
    let node = Node::parse(text(step)?).map_err(|error| format!("{error:?}"))?;
    Ok(node.to_json())
}

impl Performed {
    /// Whether a step that states something is true.
    fn is_as(&self, step: &Step) -> Result<(), String> {
        let told = |is_true: bool| match is_true {
            true => Ok(()),
            false => Err(format!("{self:#?}")),
        };
        let (who, what) = match step.text.split_once(" should ") {
            Some(parts) => parts,
            None => return Err("this step is unknown".to_owned()),
        };
        let status = &self.end["status"];
        match (who, what) {
            ("the workflow", "complete") => told(status == "Completed"),
            ("the workflow", "complete with output:") => {
                told(status == "Completed" && self.end["output"] == value(step)?)
            }
            ("the workflow", "fault") => told(status == "Failed"),
            ("the workflow", "fault with error:") => {
                let error = &self.end["failure"]["details"];
                told(status == "Failed" && *error == value(step)?)
            }
            ("the workflow", "cancel") => told(status == "Canceled"),
            ("the workflow output", what) => told(self.output_has(what, step)?),
            (task, what) => told(self.task(task, what)?),
        }
    }

    /// Whether the output has what a step says: `have properties …`, `have a '…' property …`.
    fn output_has(&self, what: &str, step: &Step) -> Result<bool, String> {
        // The names are in quotes.
        let parts: Vec<&str> = what.split('\'').collect();
        let found = |path: &str| {
            let pointer = format!("/{}", path.replace('.', "/"));
            self.end["output"].pointer(&pointer)
        };
        match parts[..] {
            ["have properties ", ..] => {
                let mut names = parts.iter().skip(1).step_by(2);
                Ok(names.all(|name| found(name).is_some()))
            }
            ["have a ", name, " property with value:"] => {
                let expected = value(step)?;
                Ok(found(name) == Some(&expected))
            }
            ["have a ", name, number] => {
                let number = number.strip_prefix(" property containing ");
                let number = number.and_then(|rest| rest.strip_suffix(" items"));
                let number: usize = number.and_then(|n| n.parse().ok()).ok_or("unknown")?;
                let list = found(name).and_then(Value::as_array);
                Ok(list.is_some_and(|list| list.len() == number))
            }
            _ => Err("this step is unknown".to_owned()),
        }
    }

    /// Whether a task did what a step says.
    fn task(&self, name: &str, what: &str) -> Result<bool, String> {
        let started: Vec<&str> = self
            .tasks
            .iter()
            .filter(|(event, _)| event == "started")
            .map(|(_, name)| name.as_str())
            .collect();
        let place = |name: &str| started.iter().position(|other| *other == name);
        let has = |wanted: &str| {
            let mut events = self.tasks.iter();
            events.any(|(event, other)| event == wanted && other == name)
        };
        Ok(match what {
            "run first" => started.first() == Some(&name),
            "run last" => started.last() == Some(&name),
            "complete" => has("completed"),
            "fault" => has("faulted"),
            "cancel" => has("cancelled"),
            _ => {
                let (own, order) = (place(name), what.strip_prefix("run "));
                match order.and_then(|order| order.split_once(' ')) {
                    Some(("after", other)) => own > place(other) && place(other).is_some(),
                    Some(("before", other)) => own < place(other) && own.is_some(),
                    _ => return Err("this step is unknown".to_owned()),
                }
            }
        })
    }
}
