//! The error types of the standard.

/// What the URIs of the types begin with: today, before the standard was renamed, and, of both names, in the
/// form that its conformance scenarios use.
const BASES: [&str; 4] = [
    "https://open-workflow-specification.org/spec/1.0.0/errors/",
    "https://serverlessworkflow.io/spec/1.0.0/errors/",
    "https://open-workflow-specification.org/dsl/errors/types/",
    "https://serverlessworkflow.io/dsl/errors/types/",
];

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
            Self::Configuration => {
                "https://open-workflow-specification.org/spec/1.0.0/errors/configuration"
            }
            Self::Validation => {
                "https://open-workflow-specification.org/spec/1.0.0/errors/validation"
            }
            Self::Expression => {
                "https://open-workflow-specification.org/spec/1.0.0/errors/expression"
            }
            Self::Authentication => {
                "https://open-workflow-specification.org/spec/1.0.0/errors/authentication"
            }
            Self::Authorization => {
                "https://open-workflow-specification.org/spec/1.0.0/errors/authorization"
            }
            Self::Timeout => "https://open-workflow-specification.org/spec/1.0.0/errors/timeout",
            Self::Communication => {
                "https://open-workflow-specification.org/spec/1.0.0/errors/communication"
            }
            Self::Runtime => "https://open-workflow-specification.org/spec/1.0.0/errors/runtime",
        }
    }

    /// The URI that the standard gave it before it was renamed.
    pub fn earlier_uri(self) -> String {
        let [_, earlier, ..] = BASES;
        format!("{earlier}{}", self.name())
    }

    /// The type with this URI, which may be one of those that the standard used before.
    pub fn of_uri(uri: &str) -> Option<Self> {
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
        let name = BASES.iter().find_map(|base| uri.strip_prefix(base))?;
        all.into_iter().find(|kind| kind.name() == name)
    }

    fn name(self) -> &'static str {
        self.uri().rsplit('/').next().unwrap_or_default()
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
