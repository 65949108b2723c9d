//! Ids of instances without the name of their backend, as they are shown.

use super::{BackendName, Imported};
use crate::engine::{EventKind, InstanceId, InstanceSummary};

impl BackendName {
    /// The id of an instance as it is shown: without its backend.
    pub fn shown_id(id: &InstanceId) -> InstanceId {
        // Both have no control characters, and the shown one is shorter and not empty.
        InstanceId::new(Self::shown(id)).unwrap_or_else(|_| id.clone())
    }

    /// An instance with ids as they are shown.
    pub fn shown_instance(mut instance: InstanceSummary) -> InstanceSummary {
        shorten(&mut instance.id);
        if let Some(parent) = &mut instance.parent {
            shorten(&mut parent.instance);
        }
        if let Some(fork) = &mut instance.fork {
            shorten(&mut fork.instance);
        }
        instance
    }
}

impl Imported {
    /// The history with ids as they are shown.
    pub fn shown(mut self) -> Self {
        shorten(&mut self.history.instance);
        for event in &mut self.history.events {
            shorten_in(&mut event.kind);
        }
        self
    }
}

fn shorten(id: &mut InstanceId) {
    *id = BackendName::shown_id(id);
}

fn shorten_in(kind: &mut EventKind) {
    use EventKind as E;
    match kind {
        E::ExecutionStarted { parent, fork, .. } => {
            if let Some(parent) = parent {
                shorten(&mut parent.instance);
            }
            if let Some(fork) = fork {
                shorten(&mut fork.instance);
            }
        }
        E::EventRaised { from: Some(id), .. }
        | E::EventSent { target: id, .. }
        | E::CancelSent { target: id, .. }
        | E::InstanceAwaited { target: id }
        | E::ChildWorkflowInstanceCreated { instance: id, .. }
        | E::ChildWorkflowInstanceRestarted { instance: id, .. } => shorten(id),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        backend::SourceEngine,
        engine::{Event, EventId, History, Payload, Timestamp},
    };

    #[test]
    fn no_id_that_is_shown_has_the_name_of_its_backend() {
        let id = |own: &str| InstanceId::new(format!("temporal:default/{own}")).unwrap();
        let input = Payload::null;
        let kinds = [
            EventKind::EventRaised {
                name: "go".to_owned(),
                input: input(),
                from: Some(id("audience")),
                request: None,
            },
            EventKind::EventSent {
                target: id("trio"),
                name: "go".to_owned(),
                input: input(),
            },
            EventKind::CancelSent {
                target: id("trio"),
                reason: String::new(),
            },
            EventKind::ChildWorkflowInstanceCreated {
                instance: id("order-7/solo"),
                name: "Solo".to_owned(),
                input: input(),
                retry: None,
                on_close: crate::engine::ParentClosePolicy::default(),
                detached: false,
            },
        ];
        let events = kinds.into_iter().zip(0..).map(|(kind, number)| Event {
            id: EventId(number),
            at: Timestamp(number),
            kind,
        });
        let imported = Imported {
            engine: SourceEngine::Temporal,
            history: History {
                instance: id("order-7"),
                events: events.collect(),
            },
            origins: Vec::new(),
        };
        let shown = imported.shown();
        assert_eq!(shown.history.instance.as_str(), "order-7");
        let events: Vec<_> = shown.history.events.iter().map(Event::to_json).collect();
        assert!(!json!(events).to_string().contains("temporal:default"));
        assert_eq!(events[3]["instance"], "order-7/solo");
        let summary = InstanceSummary::new(id("order-7"), "Order".to_owned());
        assert_eq!(BackendName::shown_instance(summary).id.as_str(), "order-7");
    }
}
