//! Scenes: workflows, and requests to them at given moments.

use fermata::engine::*;
use serde_json::{Value, json};

use crate::harness::id;

/// Workflows, and requests to them at given moments.
pub struct Scene {
    pub name: &'static str,
    /// Milliseconds after the beginning, and what happens then; in order.
    pub script: Vec<(u64, Deed)>,
}

pub enum Deed {
    /// Workflow, id, input.
    Start(&'static str, &'static str, Value),
    /// Id, name, input: no two of one id are the same.
    Raise(&'static str, &'static str, Value),
    Suspend(&'static str),
    SuspendLeavingTime(&'static str),
    Resume(&'static str),
    Cancel(&'static str),
    Terminate(&'static str),
}

use Deed::*;

pub fn scenes() -> Vec<Scene> {
    vec![
        steps(),
        patience(),
        letters(),
        family(),
        guests(),
        sagas(),
        held(),
        duels(),
    ]
}

fn scene(name: &'static str, script: Vec<(u64, Deed)>) -> Scene {
    Scene { name, script }
}

fn steps() -> Scene {
    let script = vec![
        (0, Start("chain", "chain", json!(1))),
        (0, Start("fan", "fan", json!(3))),
        (10, Start("race", "race", Value::Null)),
    ];
    scene("steps", script)
}

fn patience() -> Scene {
    scene(
        "patience",
        vec![(0, Start("patience", "patience", Value::Null))],
    )
}

fn letters() -> Scene {
    let script = vec![
        (0, Start("listener", "listener", Value::Null)),
        (0, Start("counter", "counter", json!(0))),
        (0, Start("postman", "postman", json!("counter"))),
        (500, Raise("listener", "early", json!("too early"))),
        (1_000, Raise("listener", "HALL", json!("bravo"))),
        (3_000, Raise("listener", "early", json!("second"))),
        (50_000, Raise("listener", "late", json!(3))),
    ];
    scene("letters", script)
}

fn family() -> Scene {
    scene("family", vec![(0, Start("parent", "parent", Value::Null))])
}

fn guests() -> Scene {
    let script = vec![
        (0, Start("house", "house", Value::Null)),
        (0, Start("hasty", "hasty", json!(20))),
        (2_000, Terminate("house")),
        (30_000, Raise("house/2", "leave", json!(1))),
        (30_000, Raise("hasty/2", "leave", json!(2))),
    ];
    scene("guests", script)
}

fn sagas() -> Scene {
    let script = vec![
        (0, Start("trip", "in vain", json!("flight"))),
        (0, Start("trip", "called off", json!("wait"))),
        (0, Start("trip", "by train", json!("train"))),
        (0, Start("house", "closed house", Value::Null)),
        (5_000, Cancel("called off")),
        (5_000, Cancel("closed house")),
        (30_000, Raise("closed house/2", "leave", json!(1))),
    ];
    scene("sagas", script)
}

fn held() -> Scene {
    let script = vec![
        (0, Start("held", "frozen", Value::Null)),
        (0, Start("held", "flowing", Value::Null)),
        (0, Start("listener", "stopped", Value::Null)),
        (500, Raise("frozen", "word", json!(1))),
        (2_000, Suspend("frozen")),
        (2_000, SuspendLeavingTime("flowing")),
        (2_000, Suspend("stopped")),
        (3_000, Raise("flowing", "word", json!(1))),
        (3_000, Raise("flowing", "word", json!(2))),
        (20_000, Resume("frozen")),
        (20_000, Terminate("stopped")),
        (20_000, Resume("flowing")),
        (30_000, Raise("frozen", "word", json!(2))),
        (31_000, Raise("frozen", "word", json!(3))),
        (30_000, Raise("flowing", "word", json!(3))),
    ];
    scene("held", script)
}

fn duels() -> Scene {
    let script = vec![
        (0, Start("duel", "duel", Value::Null)),
        (0, Start("late duel", "late duel", Value::Null)),
        (1_000, Suspend("duel")),
        (1_000, Suspend("late duel")),
        (1_000, Cancel("late duel")),
        (20_000, Resume("duel")),
        (20_000, Resume("late duel")),
    ];
    scene("duels", script)
}

impl Deed {
    /// Does it, unless it was done already.
    pub async fn enact(&self, engine: &Engine) -> Result<(), EngineError> {
        if let Start(workflow, name, input) = self {
            let workflow = Named::<Value, Value>::new(*workflow);
            let start = engine.start_instance(workflow, input).id(id(name));
            return match start.reuse(IdReuse::Never).await {
                Ok(_) | Err(EngineError::AlreadyExists(_)) => Ok(()),
                Err(error) => Err(error),
            };
        }
        let target = id(self.target());
        let runs = engine.archive().runs(&target)?;
        if runs
            .iter()
            .flat_map(|(_, history)| history)
            .any(|event| self.is(event))
        {
            return Ok(());
        }
        let reason = "as the script says";
        match self {
            Start(..) => Ok(()),
            Raise(_, name, input) => engine.raise(&target, name, input.clone().into()).await,
            Suspend(_) => engine.suspend(&target, reason).await,
            SuspendLeavingTime(_) => {
                let suspension = Suspension {
                    time: SuspendedTime::RunsOn,
                    ..Suspension::default()
                };
                engine.suspend_with(&target, reason, suspension).await
            }
            Resume(_) => engine.resume(&target, reason).await,
            Cancel(_) => engine.cancel(&target, reason).await,
            Terminate(_) => engine.terminate(&target, reason).await,
        }
    }

    fn target(&self) -> &'static str {
        match self {
            Start(_, id, _)
            | Raise(id, ..)
            | Suspend(id)
            | SuspendLeavingTime(id)
            | Resume(id)
            | Cancel(id)
            | Terminate(id) => id,
        }
    }

    /// Whether an event is the trace that it leaves.
    fn is(&self, event: &Event) -> bool {
        match (self, &event.kind) {
            (Raise(_, name, data), EventKind::EventRaised { name: n, input, .. }) => {
                n == name && input.to_json() == *data
            }
            (Suspend(_) | SuspendLeavingTime(_), EventKind::ExecutionSuspended { .. })
            | (Resume(_), EventKind::ExecutionResumed { .. })
            | (Cancel(_), EventKind::ExecutionCancelRequested { .. })
            | (Terminate(_), EventKind::ExecutionTerminated { .. }) => true,
            _ => false,
        }
    }
}
