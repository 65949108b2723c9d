//! The error types of the standard.

/// An error type of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorType {
    /// A configuration error.
    Configuration,
    /// Invalid data.
    Validation,
    /// An expression that failed.
    Expression,
    /// The caller is not authenticated.
    Authentication,
    /// The caller is not authorized.
    Authorization,
    /// A timeout.
    Timeout,
    /// A failure of a service.
    Communication,
    /// Any other error.
    Runtime,
}

impl ErrorType {
    /// Its URI, the `type` of an error.
    pub fn uri(self) -> &'static str {
        match self {
            Self::Configuration => "https://serverlessworkflow.io/spec/1.0.0/errors/configuration",
            Self::Validation => "https://serverlessworkflow.io/spec/1.0.0/errors/validation",
            Self::Expression => "https://serverlessworkflow.io/spec/1.0.0/errors/expression",
            Self::Authentication => {
                "https://serverlessworkflow.io/spec/1.0.0/errors/authentication"
            }
            Self::Authorization => "https://serverlessworkflow.io/spec/1.0.0/errors/authorization",
            Self::Timeout => "https://serverlessworkflow.io/spec/1.0.0/errors/timeout",
            Self::Communication => "https://serverlessworkflow.io/spec/1.0.0/errors/communication",
            Self::Runtime => "https://serverlessworkflow.io/spec/1.0.0/errors/runtime",
        }
    }

    /// The type with this URI. The conformance scenarios of the standard still use the URIs of an
    /// earlier version.
    pub fn of_uri(uri: &str) -> Option<Self> {
        const EARLIER: &str = "https://serverlessworkflow.io/dsl/errors/types/";
        let all = [
            Self::Configuration,
            Self::Validation,
            Self::Expression,
            Self::Authentication,
            Self::Authorization,
            Self::Timeout,
            Self::Communication,
            Self::Runtime,
        ];
        all.into_iter()
            .find(|kind| match uri.strip_prefix(EARLIER) {
                Some(name) => kind.uri().rsplit('/').next() == Some(name),
                None => kind.uri() == uri,
            })
    }

    /// Its default `status`.
    pub fn status(self) -> u16 {
        match self {
            Self::Configuration | Self::Validation | Self::Expression => 400,
            Self::Authentication => 401,
            Self::Authorization => 403,
            Self::Timeout => 408,
            Self::Communication | Self::Runtime => 500,
        }
    }
}
