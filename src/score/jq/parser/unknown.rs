//! What to say about filters that are not there.

use super::{Parser, names::nearest};

/// Filters whose answer depends on more than their input, or that do something outside.
const REFUSED: [(&str, &str); 12] = [
    (
        "env",
        "a score must give the same answer on every replay: pass the value as input",
    ),
    (
        "localtime",
        "a score must give the same answer on every machine: use `gmtime`",
    ),
    (
        "strflocaltime",
        "a score must give the same answer on every machine: use `strftime`",
    ),
    ("input", "an expression has one input, `.`"),
    ("inputs", "an expression has one input, `.`"),
    ("halt", "an expression cannot end the program: use `error`"),
    (
        "halt_error",
        "an expression cannot end the program: use `error`",
    ),
    ("modulemeta", "other files cannot be included"),
    ("get_search_list", "other files cannot be included"),
    ("import", "other files cannot be included"),
    ("include", "other files cannot be included"),
    (
        "getpid",
        "a score must give the same answer on every replay",
    ),
];

impl Parser<'_> {
    pub(super) fn unknown_filter(&self, name: &str, arguments: usize) -> String {
        if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            return format!("`{name}` is refused: {why}");
        }
        let arities = self.scope.arities(name);
        if !arities.is_empty() {
            let counts: Vec<String> = arities.iter().map(ToString::to_string).collect();
            return format!(
                "`{name}` takes {} arguments, not {arguments}; they are divided by `;`",
                counts.join(" or ")
            );
        }
        let foreign = [
            ("len", "length"),
            ("size", "length"),
            ("count", "length"),
            ("substr", ".[from:to]"),
            ("slice", ".[from:to]"),
            ("concat", "add"),
            ("filter", "map(select(…))"),
            ("lower", "ascii_downcase"),
            ("upper", "ascii_upcase"),
            ("toLowerCase", "ascii_downcase"),
            ("toUpperCase", "ascii_upcase"),
            ("includes", "contains"),
            ("sum", "add"),
            ("string", "tostring"),
            ("number", "tonumber"),
            ("parseInt", "tonumber"),
            ("undefined", "null"),
            ("None", "null"),
            ("True", "true"),
            ("False", "false"),
            ("uuid", "$workflow.id, or a task's own value"),
        ];
        if let Some((_, own)) = foreign.iter().find(|(word, _)| *word == name) {
            return format!("there is no filter `{name}` here; jq's word is `{own}`");
        }
        let hint = nearest(name, &self.scope.filters());
        let hint = match hint.is_empty() {
            true => "; a text stands in double quotes, a key begins with a point, as in `.a`",
            false => &hint,
        };
        format!("there is no filter `{name}` here{hint}")
    }
}
