//! Errors in Temporal's events.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    super::proto_json::EnumValue,
    payload::{Payloads, RawPayload},
};
use crate::engine::{Failure, Payload};

/// An error, perhaps with its cause.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::backend) struct RawFailure {
    message: String,
    source: String,
    stack_trace: String,
    cause: Option<Box<RawFailure>>,
    /// Message and stack trace, if the SDK encrypts them.
    encoded_attributes: Option<RawPayload>,
    application_failure_info: Option<Application>,
    timeout_failure_info: Option<Timeout>,
    canceled_failure_info: Option<Detailed>,
    terminated_failure_info: Option<Value>,
    server_failure_info: Option<Value>,
    reset_workflow_failure_info: Option<Value>,
    activity_failure_info: Option<Value>,
    child_workflow_execution_failure_info: Option<Value>,
    nexus_operation_execution_failure_info: Option<Value>,
    nexus_handler_failure_info: Option<Value>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Application {
    r#type: String,
    non_retryable: bool,
    details: Payloads,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Timeout {
    timeout_type: EnumValue,
    last_heartbeat_details: Payloads,
}

/// What is encrypted of a failure.
#[derive(Deserialize)]
struct Encoded {
    message: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Detailed {
    details: Payloads,
}

impl RawFailure {
    /// The error as people look for it: without the wrappers that say where it passed through.
    pub fn failure(&self) -> Failure {
        let inner = self.innermost();
        let failure = Failure {
            non_retryable: inner.is_final(),
            ..Failure::new(inner.error_type(), inner.words())
        };
        match inner.details() {
            None => failure,
            Some(details) => failure.with_details(details),
        }
    }

    /// The details of the last heartbeat before a timeout.
    pub fn heartbeat(&self) -> Option<Payload> {
        let timeout = self.timeout_failure_info.as_ref()?;
        let last = timeout.last_heartbeat_details.payload();
        (last != Payload::null()).then_some(last)
    }

    /// The message. An SDK that encrypts messages has a general one in their place.
    fn words(&self) -> String {
        let encoded = self.encoded_attributes.as_ref();
        let encoded = encoded.and_then(|encoded| encoded.payload().decode::<Encoded>().ok());
        encoded.map_or_else(|| self.message.clone(), |encoded| encoded.message)
    }

    /// The cause that a failure of an activity, a child or an operation of another service wraps.
    fn innermost(&self) -> &Self {
        let mut failure = self;
        while let Some(cause) = &failure.cause
            && failure.is_wrapper()
        {
            failure = cause;
        }
        failure
    }

    fn is_wrapper(&self) -> bool {
        self.activity_failure_info.is_some()
            || self.child_workflow_execution_failure_info.is_some()
            || self.nexus_operation_execution_failure_info.is_some()
            || self.nexus_handler_failure_info.is_some()
    }

    fn error_type(&self) -> &str {
        let application = self.application_failure_info.as_ref();
        match application.map(|info| info.r#type.as_str()) {
            Some("") => return "ApplicationError",
            Some(error_type) => return error_type,
            None => {}
        }
        if let Some(timeout) = &self.timeout_failure_info {
            return timeout.error_type();
        }
        let kinds = [
            (self.canceled_failure_info.is_some(), Failure::CANCELED),
            (self.terminated_failure_info.is_some(), Failure::TERMINATED),
            (self.server_failure_info.is_some(), "ServerError"),
            (self.reset_workflow_failure_info.is_some(), "Reset"),
            (self.activity_failure_info.is_some(), "ActivityError"),
            (
                self.child_workflow_execution_failure_info.is_some(),
                "ChildWorkflowError",
            ),
            (
                self.nexus_operation_execution_failure_info.is_some(),
                "NexusOperationError",
            ),
            (
                self.nexus_handler_failure_info.is_some(),
                "NexusHandlerError",
            ),
        ];
        let found = kinds.into_iter().find(|(is_one, _)| *is_one);
        found.map_or("Error", |(_, error_type)| error_type)
    }

    fn is_final(&self) -> bool {
        let application = self.application_failure_info.as_ref();
        application.is_some_and(|info| info.non_retryable)
            || self.canceled_failure_info.is_some()
            || self.terminated_failure_info.is_some()
    }

    /// What else it tells.
    fn details(&self) -> Option<Payload> {
        let mut details = Map::new();
        let own = match (&self.application_failure_info, &self.canceled_failure_info) {
            (Some(info), _) => info.details.payload(),
            (None, Some(info)) => info.details.payload(),
            (None, None) => Payload::null(),
        };
        let texts = [("source", &self.source), ("stackTrace", &self.stack_trace)];
        let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
        for (name, text) in texts {
            details.insert(name.to_owned(), text.as_str().into());
        }
        if let Some(cause) = &self.cause {
            details.insert("cause".to_owned(), cause.failure().to_string().into());
        }
        if own != Payload::null() {
            details.insert("details".to_owned(), own.to_json());
        }
        (!details.is_empty()).then(|| Payload::from(Value::Object(details)))
    }
}

impl Timeout {
    fn error_type(&self) -> &str {
        let types = [
            ("START_TO_CLOSE", 1, Failure::START_TO_CLOSE),
            ("SCHEDULE_TO_START", 2, Failure::SCHEDULE_TO_START),
            ("SCHEDULE_TO_CLOSE", 3, Failure::SCHEDULE_TO_CLOSE),
            ("HEARTBEAT", 4, Failure::HEARTBEAT),
        ];
        let mut found = types.into_iter();
        let found = found.find(|(name, number, _)| self.timeout_type.is(name, *number));
        found.map_or("Timeout", |(_, _, error_type)| error_type)
    }
}
