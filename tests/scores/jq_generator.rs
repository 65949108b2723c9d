//! Random jq expressions on a small document, mostly of the kind that scores use.

use serde_json::{Value, json};

use crate::dice::Dice;

/// Makes expressions with inputs.
pub struct Generator(Dice);

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self(Dice::new(seed))
    }

    /// An expression and its input.
    pub fn row(&mut self) -> (String, Value) {
        let input = self.input();
        let depth = 1 + self.0.below(3);
        (self.any(depth), input)
    }

    fn input(&mut self) -> Value {
        let n = self.0.below(7) as i64 - 2;
        let words = [
            "ann",
            "Bob",
            "Zoë fährt",
            "",
            "a,b;c",
            "12",
            "-3.5",
            " x ",
            "true",
        ];
        let word = self.0.pick(&words);
        json!({
            "n": n,
            "f": n as f64 / 4.0,
            "s": word,
            "t": true,
            "no": null,
            "xs": [3, 1, n, 2, 1],
            "words": ["b", word, "a", "b"],
            "mixed": [1, null, "a", [2], {"b": 1}, false, 1.5],
            "o": {"b": {"c": [1, 2]}, "a": n, "z": null},
            "rows": [
                {"id": 1, "name": "Ann", "tags": ["x", "y"], "at": {"h": 8}},
                {"id": 2, "name": word, "tags": [], "at": {"h": n}},
                {"id": 3, "name": "Ann", "tags": ["y"]}
            ],
            "empty": [], "none": {}
        })
    }

    fn any(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.0.below(5) {
                0 => self.number(0),
                1 => self.text(0),
                2 => self.list(0),
                3 => self.path(),
                _ => self.map(0),
            };
        }
        let d = depth - 1;
        match self.0.below(16) {
            0 | 1 => self.number(depth),
            2 | 3 => self.text(depth),
            4 | 5 => self.list(depth),
            6 => self.map(depth),
            7 => self.boolean(depth),
            8 => format!("{} | {}", self.any(d), self.filter(d)),
            9 => format!("[{}]", self.stream(d)),
            10 => format!(
                "if {} then {} else {} end",
                self.boolean(d),
                self.any(d),
                self.any(d)
            ),
            11 => format!("{} as $x | [$x, {}]", self.any(d), self.any(d)),
            12 => format!("try ({}) catch \"failed\"", self.any(d)),
            13 => format!("({}) // ({})", self.any(d), self.any(d)),
            14 => self.update(d),
            _ => self.fold(d),
        }
    }

    fn path(&mut self) -> String {
        self.0
            .pick(&[
                ".n",
                ".f",
                ".s",
                ".t",
                ".no",
                ".xs",
                ".words",
                ".mixed",
                ".o",
                ".rows",
                ".empty",
                ".none",
                ".o.b.c",
                ".o.a",
                ".rows[0].at.h",
                ".rows[-1]",
                ".xs[1:3]",
                ".missing.deeper",
                ".xs[-2:]",
                ".rows[1].name",
                ".words[0]",
                ".o[\"b\"]",
                ".s[1:]",
                ".mixed[3][0]",
                ".o?",
                ".n.x?",
            ])
            .to_owned()
    }

    fn target(&mut self) -> String {
        self.0
            .pick(&[
                ".n",
                ".o.a",
                ".o.new",
                ".xs[0]",
                ".xs[]",
                ".xs[1:3]",
                ".rows[].id",
                ".rows[0].at.h",
                ".new.deep.er",
                ".words[-1]",
                ".none.k",
                ".empty[2]",
                ".rows[] | select(.id == 2) | .name",
                ".no.a",
                ".o[]",
                "(.n, .f)",
                ".xs | .[0]",
                ".mixed[0,2]",
                ".o | to_entries?",
                "first(.xs[])",
                ".xs[6]",
                "..?",
                "getpath([\"o\", \"b\"])",
                "if .t then .n else .f end",
                ".missing // .n",
                "limit(2; .xs[])",
                "last(.xs[])",
            ])
            .to_owned()
    }

    fn number(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .0
                .pick(&[
                    "0",
                    "1",
                    "-1",
                    "2.5",
                    "10",
                    ".n",
                    ".f",
                    "1e3",
                    ".xs[1]",
                    ".xs|length",
                    "0.1",
                    "100",
                    ".5",
                ])
                .to_owned();
        }
        let d = depth - 1;
        match self.0.below(14) {
            0..=3 => {
                let sign = self.0.pick(&["+", "-", "*", "/", "%"]);
                format!("({} {sign} {})", self.number(d), self.number(d))
            }
            4 => format!(
                "({} | {})",
                self.number(d),
                self.0.pick(&[
                    "floor",
                    "ceil",
                    "round",
                    "fabs",
                    "sqrt",
                    "abs",
                    "trunc",
                    "-.",
                    "tostring | tonumber",
                    "length",
                    "exp2",
                    "log2",
                    "significand",
                    "exp10",
                    "cbrt",
                    "@text | tonumber"
                ])
            ),
            5 => format!(
                "({} | {})",
                self.list(d),
                self.0.pick(&[
                    "length",
                    "add",
                    "min",
                    "max",
                    "first",
                    "last",
                    "index(1)",
                    "rindex(1)",
                    "map(length) | add",
                    "indices(1) | length",
                    "bsearch(2)",
                    "nth(1)"
                ])
            ),
            6 => format!(
                "({} | {})",
                self.text(d),
                self.0.pick(&[
                    "length",
                    "utf8bytelength",
                    "tonumber",
                    "index(\"a\")",
                    "explode | add",
                    "rindex(\"b\")",
                    "ascii_downcase | length"
                ])
            ),
            7 => format!(
                "pow({}; {})",
                self.number(d),
                self.0.pick(&["2", "0", "3", "-1"])
            ),
            8 => format!("[{}] | add", self.stream(d)),
            9 => format!("(reduce {} as $i (0; . + ($i | length)))", self.stream(d)),
            _ => self.number(0),
        }
    }

    fn text(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .0
                .pick(&[
                    "\"a\"",
                    "\"\"",
                    "\"Zoë\"",
                    ".s",
                    ".words[0]",
                    ".rows[0].name",
                    "\"a b c\"",
                    "\"x,y\"",
                    "\"\\u00e9\\n\"",
                    "\"10\"",
                ])
                .to_owned();
        }
        let d = depth - 1;
        match self.0.below(14) {
            0 => format!("({} + {})", self.text(d), self.text(d)),
            1 => format!("\"<\\({})>\"", self.any(d)),
            2..=4 => {
                let filter = self.0.pick(&[
                    "ascii_downcase",
                    "ascii_upcase",
                    "ltrimstr(\"a\")",
                    "rtrimstr(\"b\")",
                    "trim",
                    "ltrim",
                    "rtrim",
                    "trimstr(\"a\")",
                    "@base64",
                    "@uri",
                    "@html",
                    "@sh",
                    "@json",
                    "tojson",
                    ".[1:]",
                    ".[:2]",
                    ".[-2:]",
                    "explode | implode",
                    "split(\"\") | join(\"-\")",
                    "@base64 | @base64d",
                    "tojson | fromjson",
                    "tostring",
                    ". * 2",
                    "split(\" \") | join(\"_\")",
                    "ascii_downcase | ascii_upcase",
                ]);
                format!("({} | {filter})", self.text(d))
            }
            5 => {
                let (re, to) = (
                    self.regex(),
                    self.0
                        .pick(&["\"-\"", "\"<\\(.x)>\"", "\"\"", "ascii_upcase? // \"u\""]),
                );
                let name = self.0.pick(&["sub", "gsub"]);
                format!("({} | {name}({re}; {to}))", self.text(d))
            }
            6 => format!(
                "({} | join({}))",
                self.list(d),
                self.0.pick(&["\",\"", "\"\"", "\" - \""])
            ),
            7 => format!(
                "({} | {})",
                self.list(d),
                self.0.pick(&[
                    "@csv",
                    "@tsv",
                    "@json",
                    "@text",
                    "tojson",
                    "map(tostring) | join(\",\")",
                    "@sh",
                    "@html"
                ])
            ),
            8 => format!(
                "({} | {})",
                self.any(d),
                self.0
                    .pick(&["type", "tostring", "tojson", "@json", "@text"])
            ),
            9 => format!(
                "({} | {})",
                self.seconds(),
                self.0.pick(&[
                    "todate",
                    "strftime(\"%Y-%m-%d %H:%M\")",
                    "strftime(\"%A %e %B, week %V, day %j\")",
                    "gmtime | mktime | tostring",
                    "strftime(\"%a %I %p %y %u %w\")"
                ])
            ),
            10 => format!(
                "@{} \"v=\\({})\"",
                self.0
                    .pick(&["json", "uri", "html", "sh", "base64", "text"]),
                self.text(d)
            ),
            _ => self.text(0),
        }
    }

    fn seconds(&mut self) -> String {
        self.0
            .pick(&[
                "0",
                "1425599621",
                "951782400",
                "1795644000.5",
                "-86400",
                "1709164800",
            ])
            .to_owned()
    }

    fn regex(&mut self) -> String {
        self.0
            .pick(&[
                "\"[a-z]+\"",
                "\"(?<x>\\\\w)\"",
                "\"\\\\s+\"",
                "\"b\"",
                "\"^.\"",
                "\"(?<x>[aeiou])\"",
                "\"\\\\d+\"",
                "\"(a)(b)?\"",
                "\".$\"",
                "\"\\\\b\"",
                "\"(?<x>a)|(?<y>b)\"",
                "\"[^a-z]\"",
                "\"(?=n)\"",
                "\"n{1,2}\"",
                "\"\\\\W\"",
                "\"(?i)ANN\"",
                "\"ë\"",
            ])
            .to_owned()
    }

    fn boolean(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .0
                .pick(&["true", "false", ".t", "(.n > 0)", ".no", "(.xs | any)"])
                .to_owned();
        }
        let d = depth - 1;
        match self.0.below(12) {
            0..=2 => {
                let sign = self.0.pick(&["==", "!=", "<", "<=", ">", ">="]);
                format!("({} {sign} {})", self.any(d), self.any(d))
            }
            3 => format!(
                "({} {} {})",
                self.boolean(d),
                self.0.pick(&["and", "or"]),
                self.boolean(d)
            ),
            4 => format!("({} | not)", self.boolean(d)),
            5 => format!("({} | test({}))", self.text(d), self.regex()),
            6 => format!(
                "({} | test({}; {}))",
                self.text(d),
                self.regex(),
                self.0.pick(&["\"i\"", "\"x\"", "null", "\"g\"", "\"s\""])
            ),
            7 => format!(
                "({} | {})",
                self.list(d),
                self.0.pick(&[
                    "any",
                    "all",
                    "any(. == 1)",
                    "all(. != null)",
                    "contains([1])",
                    "has(0)",
                    "isempty(.[])",
                    "IN([])",
                    "inside([1, 2, 3])"
                ])
            ),
            8 => format!(
                "({} | {})",
                self.map(d),
                self.0
                    .pick(&["has(\"a\")", "contains({})", "any", "all(. != null)"])
            ),
            9 => format!(
                "({} | {})",
                self.text(d),
                self.0.pick(&[
                    "startswith(\"a\")",
                    "endswith(\"b\")",
                    "contains(\"a\")",
                    "IN(\"a\", \"b\")",
                    "inside(\"abc\")"
                ])
            ),
            10 => format!(
                "({} | {})",
                self.any(d),
                self.0
                    .pick(&["type == \"number\"", "isvalid_", ". == null", "length > 1"])
                    .replace("isvalid_", "isempty(.[]?)")
            ),
            _ => self.boolean(0),
        }
    }

    fn list(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .0
                .pick(&[
                    ".xs",
                    ".words",
                    ".mixed",
                    ".rows",
                    "[]",
                    "[1, 2, 3]",
                    "[.n, .s]",
                    ".empty",
                    "[range(4)]",
                    "[[1, 2], [3]]",
                ])
                .to_owned();
        }
        let d = depth - 1;
        match self.0.below(18) {
            0 => format!("[{}]", self.stream(d)),
            1 => format!("({} + {})", self.list(d), self.list(d)),
            2 => format!("({} - {})", self.list(d), self.list(d)),
            3 => format!("({} | map({}))", self.list(d), self.filter(d)),
            4 => format!("({} | map(select({})))", self.list(d), self.condition()),
            5 | 6 => {
                let filter = self.0.pick(&[
                    "sort",
                    "unique",
                    "reverse",
                    "flatten",
                    "flatten(1)",
                    ".[1:]",
                    ".[:-1]",
                    ".[1:3]",
                    "to_entries",
                    "group_by(.)",
                    "unique_by(length)",
                    "sort_by(tostring)",
                    "map(tojson)",
                    "[paths]",
                    "[..]",
                    "[.[] | scalars]",
                    "del(.[0])",
                    "del(.[0, 2])",
                    "del(.[-1])",
                    "[tostream]",
                    "map(type)",
                    "transpose?",
                    "[limit(2; .[])]",
                    "[first, last]",
                    "[.[] | numbers]",
                    "[.[] | strings]",
                    "group_by(type)",
                    "[range(length)]",
                    "keys",
                    "map(values)",
                    "[paths(type == \"number\")]",
                    "to_entries | map(.key)",
                    "[skip(1; .[])]",
                    "[combinations]?",
                    "map([.])",
                    "[.[1:][]]",
                    "[foreach .[] as $x (0; . + 1; [., $x])]",
                    "[until(length > 6; . + [0])]",
                    "[splits(\"a\")?]",
                    "walk(if type == \"number\" then . + 1 else . end)",
                    "[leaf_paths_]",
                    "map_values(tostring)",
                ]);
                format!(
                    "({} | {})",
                    self.list(d),
                    filter.replace("leaf_paths_", "paths(scalars)")
                )
            }
            7 => format!(
                "({} | {})",
                self.list(d),
                self.0.pick(&[
                    "min_by(tostring)",
                    "max_by(length?)",
                    "group_by(. == 1) | map(length)",
                    "sort_by(type, .)",
                    "unique_by(type)",
                    "indices(1)"
                ])
            ),
            8 => format!(
                "({} | split({}))",
                self.text(d),
                self.0.pick(&[
                    "\",\"",
                    "\" \"",
                    "\"\"",
                    "\"a\"",
                    "\"[ab]\"; null",
                    "\"A\"; \"gi\""
                ])
            ),
            9 => format!(
                "({} | [match({}; \"g\") | {}])",
                self.text(d),
                self.regex(),
                self.0.pick(&[
                    ".string",
                    ".offset",
                    "[.captures[] | .string]",
                    "[.offset, .length]",
                    ".captures | map(.name)"
                ])
            ),
            10 => format!("({} | [scan({})])", self.text(d), self.regex()),
            11 => format!("({} | [capture({}; \"g\")])", self.text(d), self.regex()),
            12 => format!(
                "({} | {})",
                self.map(d),
                self.0
                    .pick(&[
                        "keys",
                        "to_entries",
                        "[.[]]",
                        "keys_unsorted",
                        "[paths]",
                        "map(type)",
                        "[tostream]",
                        "[.[] | numbers]",
                        "[leaf]"
                    ])
                    .replace("[leaf]", "[paths(scalars)]")
            ),
            13 => format!(
                "({} | {})",
                self.text(d),
                self.0.pick(&[
                    "explode",
                    "[splits(\" *, *\")]",
                    "split(\"\")",
                    "[.[1:], .[:1]]"
                ])
            ),
            14 => format!("({} | gmtime)", self.seconds()),
            15 => self
                .0
                .pick(&[
                    "(\"2015-03-05T23:51:47Z\" | strptime(\"%Y-%m-%dT%H:%M:%SZ\"))",
                    "(\"10:15\" | strptime(\"%H:%M\"))",
                    "(\"5 Mar 2024\" | strptime(\"%d %b %Y\"))",
                    "(\"2024-02-30\" | strptime(\"%Y-%m-%d\"))",
                ])
                .to_owned(),
            _ => self.list(0),
        }
    }

    fn condition(&mut self) -> String {
        self.0
            .pick(&[
                ". != null",
                "type == \"number\"",
                ". > 1",
                "length > 0",
                ".id? == 2",
                "IN(1, 2)",
                "tostring | test(\"1\")",
                "(.tags? // []) | any",
                ".name? == \"Ann\"",
            ])
            .to_owned()
    }

    fn map(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self
                .0
                .pick(&[
                    ".o",
                    "{}",
                    "{a: 1}",
                    "{a: .n, b: .s}",
                    ".rows[0]",
                    "{n, s}",
                    "{\"k\": [1], (.rows[0].name): 2}",
                    ".none",
                    "{a: {b: 1}}",
                ])
                .to_owned();
        }
        let d = depth - 1;
        match self.0.below(14) {
            0 => format!("{{a: {}, b: {}}}", self.any_operand(d), self.any_operand(d)),
            1 => format!("({} + {})", self.map(d), self.map(d)),
            2 => format!("({} * {})", self.map(d), self.map(d)),
            3..=5 => {
                let filter = self.0.pick(&[
                    "with_entries(.value |= tojson)",
                    "del(.a)",
                    "del(.a, .b)",
                    "map_values(length?)",
                    "map_values(type)",
                    "with_entries(select(.value != null))",
                    "to_entries | from_entries",
                    "with_entries(.key |= ascii_upcase)",
                    ".new = 1",
                    ".a.b?",
                    ".x.y.z = 1",
                    "delpaths([[\"a\"]])",
                    "setpath([\"p\", \"q\"]; 1)",
                    "pick(.a)",
                    "pick(.b.c?)",
                    "map_values(empty)",
                    "walk(if type == \"array\" then length else . end)",
                    "[.. | numbers]",
                    "reduce keys[] as $k ({}; .[$k] = 1)",
                    "tojson | fromjson",
                    "to_entries | map({(.key): .value}) | add",
                    "fromstream(tostream)",
                ]);
                format!("({} | {filter})", self.map(d))
            }
            6 => format!(
                "({} | INDEX({}))",
                self.list(d),
                self.0.pick(&["tostring", ".id?", "length"])
            ),
            7 => format!(
                "({} | group_by(type) | map({{(.[0] | type): length}}) | add)",
                self.list(d)
            ),
            8 => format!(
                "(reduce {} as $x ({{}}; .[$x | type] += 1))",
                self.stream(d)
            ),
            9 => format!("({} | capture({}))", self.text(d), self.regex()),
            10 => format!("(. | {} | objects)", self.any(d)),
            _ => self.map(0),
        }
    }

    fn any_operand(&mut self, depth: usize) -> String {
        format!("({})", self.any(depth))
    }

    /// Several results.
    fn stream(&mut self, depth: usize) -> String {
        let d = depth.saturating_sub(1);
        match self.0.below(14) {
            0 => format!("{} | .[]", self.list(d)),
            1 => format!("{}, {}", self.any(d), self.any(d)),
            2 => format!("{}[]?", self.path()),
            3 => ".. | numbers".to_owned(),
            4 => ".rows[] | .name".to_owned(),
            5 => ".rows[] | select(.tags | length > 0) | .id".to_owned(),
            6 => format!(
                "range({})",
                self.0
                    .pick(&["3", "1; 4", "0; 10; 3", "5; 0; -2", ".n", "0, 1; 2"])
            ),
            7 => format!("limit({}; {})", self.0.pick(&["2", "0", "1"]), ".xs[]"),
            8 => format!("first({} | .[])", self.list(d)),
            9 => ".o | to_entries[]".to_owned(),
            10 => format!(
                "foreach .xs[] as $x ({}; . + $x; [$x, .])",
                self.0.pick(&["0", ".n", "1, 2"])
            ),
            11 => format!(
                "label $out | .xs[] | if . == {} then ., break $out else . end",
                self.0.pick(&["1", "2"])
            ),
            12 => ".rows[] as {$id, tags: [$t]} | [$id, $t]".to_owned(),
            _ => ".mixed[] as [$a] ?// {b: $a} ?// $a | [$a]".to_owned(),
        }
    }

    /// A filter of any input.
    fn filter(&mut self, depth: usize) -> String {
        let d = depth.saturating_sub(1);
        match self.0.below(4) {
            0 => self
                .0
                .pick(&[
                    ". + 1",
                    ". * 2",
                    "length",
                    "tostring",
                    "type",
                    ".id",
                    ".name",
                    ".[0]",
                    "tojson",
                    ".a",
                    "keys",
                    "add",
                    "not",
                    "-.",
                    ". // \"d\"",
                    "ascii_downcase",
                    "tonumber",
                    "first",
                    "[.]",
                    "{v: .}",
                    ".tags",
                    "to_entries",
                    ". as [$a] | $a",
                    "try error(\"x\") catch .",
                    "tonumber? // 0",
                    "(.. | numbers)",
                    "@json",
                    ".[1:]",
                    "reverse",
                    "sort",
                    "unique",
                    "min",
                    "max",
                ])
                .to_owned(),
            1 => format!("({})?", self.any(d)),
            2 => format!(". as $y | {}", self.any(d)),
            _ => format!("[., {}]", self.number(d)),
        }
    }

    fn update(&mut self, depth: usize) -> String {
        let target = self.target();
        match self.0.below(10) {
            0 | 1 => format!("({target}) = {}", self.any_operand(depth)),
            2 => format!("({target}) |= {}", self.filter(depth)),
            3 => format!(
                "({target}) {} {}",
                self.0.pick(&["+=", "-=", "*=", "//="]),
                self.number(depth)
            ),
            4 => format!("del({target})"),
            5 => format!("[path({target})]"),
            6 => format!("({target}) |= empty"),
            7 => format!("try ([paths] | length, (({target}) = 1 | .n)) catch ."),
            8 => format!("pick({target})"),
            _ => format!("to_entries | map(.key) | ., ({})", self.list(depth)),
        }
    }

    fn fold(&mut self, depth: usize) -> String {
        let stream = self.stream(depth);
        match self.0.below(6) {
            0 => format!("reduce ({stream}) as $x (null; [., $x])"),
            1 => format!("reduce ({stream}) as $x ([]; . + [$x | type])"),
            2 => format!("[foreach ({stream}) as $x (0; . + 1)]"),
            3 => format!("[limit(3; {stream})]"),
            4 => format!("def f(g): [g, {}]; f({stream})", self.number(0)),
            _ => format!("def f($a; g): [$a, (g)]; f({}; {stream})", self.number(0)),
        }
    }
}
