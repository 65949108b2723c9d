//! Tests of expressions.

use serde_json::json;

use super::*;

fn answer(text: &str, input: Value) -> Result<Value, ExpressionError> {
    Expression::compile(text, &[])
        .unwrap()
        .evaluate(&input, &Variables::new())
}

#[test]
fn filters_work_on_their_input() {
    let input = json!({"bars": [1, 2, 3], "name": "bass"});
    assert_eq!(answer(".bars | add", input.clone()).unwrap(), json!(6));
    assert_eq!(
        answer("[.bars[] | select(. > 1) * 2]", input.clone()).unwrap(),
        json!([4, 6])
    );
    assert_eq!(
        answer(r#""\(.name) \(.bars | length)""#, input).unwrap(),
        json!("bass 3")
    );
    assert_eq!(
        answer("[range(4)]", json!(null)).unwrap(),
        json!([0, 1, 2, 3])
    );
    assert_eq!(
        answer("{a: 1} + {b: 3 / 2}", json!(null)).unwrap(),
        json!({"a": 1, "b": 1.5})
    );
    assert_eq!(answer("6 / 2", json!(null)).unwrap().to_string(), "3");
    assert_eq!(answer("1, 2", json!(null)).unwrap(), json!([1, 2]));
}

#[test]
fn variables_are_those_of_the_scope() {
    let scope = ["bar".to_owned()];
    let sum = Expression::compile("$bar + $context.base + .x", &scope).unwrap();
    let variables = Variables::new()
        .with("context", json!({"base": 10}))
        .with("bar", json!(4))
        .with("unused", json!(1));
    assert_eq!(
        sum.evaluate(&json!({"x": 100}), &variables).unwrap(),
        json!(114)
    );
    let error = Expression::compile("1 + $barr", &scope).unwrap_err();
    assert_eq!(
        (error.at, error.message.as_str()),
        (4, "there is no variable `$barr` here; did you mean `$bar`?")
    );
}

#[test]
fn filters_cannot_reach_the_outside() {
    for text in [
        "env",
        "$ENV",
        "input",
        "inputs",
        "localtime",
        "halt",
        "include \"x\"; 1",
        "import \"x\" as x; 1",
        "$__prog_args",
        "halt_error",
        "strflocaltime(\"%H\")",
        "error(env)",
    ] {
        assert!(
            Expression::compile(text, &[]).is_err(),
            "{text} must not compile"
        );
    }
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    let error = Expression::compile(".a | [1, 2", &[]).unwrap_err();
    assert_eq!(error.at, 5, "{error}");
    let error = Expression::compile(".a | nosuch(1)", &[]).unwrap_err();
    assert_eq!(error.at, 5);
    assert!(
        error
            .message
            .starts_with("there is no filter `nosuch` here")
    );
    let error = answer(".a.b", json!([1])).unwrap_err();
    assert!(error.to_string().starts_with("`.a.b` failed: "), "{error}");
    assert!(matches!(
        answer("empty", json!(1)),
        Err(ExpressionError::Empty { .. })
    ));
    assert!(matches!(
        answer("[range(200000)]", json!(1)),
        Err(ExpressionError::Unusable { .. })
    ));
    assert!(answer("error(\"no\")", json!(1)).is_err());
}

#[test]
fn no_loop_runs_without_end() {
    for text in [
        "[range(1e12)]",
        "last(range(0; 1; 0))",
        "[repeat(1)]",
        "[1 | recurse(.)]",
        "1 | until(false; .)",
        "[1 | while(true; .)]",
        "[range(2000) | range(2000)]",
    ] {
        let error = answer(text, json!(null)).unwrap_err().to_string();
        assert!(error.contains("too many steps"), "{text}: {error}");
    }
    for text in ["def f: f; f", "def f: 1 + f; f", "def f(g): f(f(g)); f(1)"] {
        let error = answer(text, json!(null)).unwrap_err().to_string();
        assert!(
            error.contains("call each other too deep"),
            "{text}: {error}"
        );
    }
    assert_eq!(answer("first(repeat(3))", json!(null)).unwrap(), json!(3));
    assert_eq!(
        answer("[1 | recurse(. + 1; . < 4)]", json!(null)).unwrap(),
        json!([1, 2, 3])
    );
    assert_eq!(
        answer("[1 | while(. < 9; . * 2)]", json!(null)).unwrap(),
        json!([1, 2, 4, 8])
    );
    assert_eq!(
        answer("1 | until(. > 9; . * 2)", json!(null)).unwrap(),
        json!(16)
    );
    assert_eq!(
        answer("[range(0; 10; 3)]", json!(null)).unwrap(),
        json!([0, 3, 6, 9])
    );
    assert_eq!(
        answer("[limit(3; range(5; 0; -1))]", json!(null)).unwrap(),
        json!([5, 4, 3])
    );
    assert_eq!(
        answer("[[1, [2]] | .. | numbers]", json!(null)).unwrap(),
        json!([1, 2])
    );
    assert_eq!(answer("\"def\"", json!(null)).unwrap(), json!("def"));
}

#[test]
fn no_data_fills_the_memory() {
    for text in [
        "\"x\" * 1000000000",
        "1000000000 * \"x\"",
        "reduce range(60) as $i (\"ab\"; . + .)",
        "reduce range(60) as $i ([1]; . + .)",
        "reduce range(60) as $i ([1]; . += .)",
        "reduce range(60) as $i (1; [., .]) | tojson",
        "reduce range(60) as $i (1; {a: ., b: .}) | tojson",
        "reduce range(60) as $i ({}; .a = . | .b = .) | tojson",
        "reduce range(60) as $i (\"ab\"; \"\\(.)\\(.)\")",
        "[limit(3; repeat(\"x\" * 100000000))]",
    ] {
        let error = answer(text, json!(null)).unwrap_err().to_string();
        let known = ["data that is too large", "too many steps"];
        assert!(
            known.iter().any(|known| error.contains(known)),
            "{text}: {error}"
        );
    }
    for (text, expected) in [
        ("\"ab\" * 3", json!("ababab")),
        ("2 * 3 + 4 * 5 - 1", json!(25)),
        ("[1, 2] + [3] | length", json!(3)),
        ("{a: {b: 1}} * {a: {c: 2}}", json!({"a": {"b": 1, "c": 2}})),
        (
            "[1, 2, 3] | .[0] += 5 | .[1] *= 4 | .[2] |= . + 1",
            json!([6, 8, 4]),
        ),
        (
            "{a: 1} | .b = 2 | .c //= 3 | del(.a)",
            json!({"b": 2, "c": 3}),
        ),
        ("[.[]?] | map(. * 2) | add", json!(null)),
        ("[1, 2] | map(. * 2) | add", json!(6)),
        (
            "[[1, 2], [3, 4]] | [.[] | .[0] + .[1]] | join(\"-\")",
            json!("3-7"),
        ),
        ("[(1, 2) * (3, 4)] | sort", json!([3, 4, 6, 8])),
        ("[paths] | length", json!(0)),
    ] {
        assert_eq!(answer(text, json!(null)).unwrap(), expected, "{text}");
    }
}

#[test]
fn long_and_deep_expressions_are_refused_or_evaluated() {
    let all = |sign: &str, n: usize| [sign].repeat(n).concat();
    for n in [100, 1_000, 30_000] {
        for text in [
            all("[", n) + &all("]", n),
            all("(", n) + "1" + &all(")", n),
            all("1+", n) + "1",
            all(".|", n) + ".",
            all("-", n) + "1",
            format!("[{}1]", all("1,", n)),
            all("if 1 then ", n) + "1" + &all(" else 2 end", n),
            all(".a", n),
        ] {
            match Expression::compile(&text, &[]) {
                Ok(expression) => {
                    // An answer or an error; only no end of the process.
                    let _ = expression.evaluate(&json!(null), &Variables::new());
                }
                Err(error) => assert!(
                    error.message.contains("more than") || error.message.contains("deeper"),
                    "{error}"
                ),
            }
        }
    }
    for text in [
        "reduce range(100000) as $i (1; [.])",
        "(\"[\" * 100000) + (\"]\" * 100000) | fromjson",
    ] {
        let error = answer(text, json!(null)).unwrap_err().to_string();
        let known = ["too deep", "depth limit"];
        assert!(
            known.iter().any(|known| error.contains(known)),
            "{text}: {error}"
        );
    }
}

#[test]
fn truthiness_is_that_of_jq() {
    let holds = |text| {
        Expression::compile(text, &[])
            .unwrap()
            .holds(&json!({"a": 0}), &Variables::new())
    };
    assert!(holds(".a").unwrap() && holds(".a == 0").unwrap());
    assert!(!holds(".b").unwrap() && !holds(".a > 0").unwrap());
}

#[test]
fn a_text_is_an_expression_only_as_a_whole() {
    assert_eq!(inside("${ .a }"), Some((2, " .a ")));
    assert_eq!(inside("  ${.a}"), Some((4, ".a")));
    assert_eq!(inside("a ${ .a }"), None);
    assert_eq!(inside("$"), None);
}

#[test]
fn integers_and_strings_survive_evaluation() {
    let value = json!({"a": [1, -2.5, "ü", null, true, {"b": []}], "z": i64::MAX});
    assert_eq!(answer(".", value.clone()).unwrap(), value);
}

proptest::proptest! {
    #![proptest_config(crate::seed::cases(256))]

    #[test]
    fn no_text_panics(text in "[-.|\\[\\](){}$a-c0-9\"\\\\ ,;:?@]{0,24}") {
        let _ = Expression::compile(&text, &["a".to_owned()]);
    }
}

/// All work of an evaluation is counted: its budget ends it, not the limit of time.
fn ends_early(text: &str) {
    let error = answer(text, json!(null)).unwrap_err().to_string();
    let known = ["too many steps", "too large", "Regex failure"];
    assert!(
        known.iter().any(|known| error.contains(known)),
        "{text}: {error}"
    );
}

#[test]
fn data_is_counted_while_it_is_collected() {
    for text in [
        r#"[range(1000000) | "x" * 4000000] | length"#,
        r#"[limit(100000; repeat("x" * 4000000))] | length"#,
        r#"[range(100000)] | map("x" * 4000000) | length"#,
        r#"[range(100000)] | sort_by("x" * 4000000) | length"#,
        r#"[range(30000)] | group_by([range(1000)]) | length"#,
        r#"reduce range(100000) as $i ({}; . + {($i | tostring): ("x" * 4000000)}) | length"#,
        r#"reduce range(100000) as $i ([]; . + ["x" * 4000000]) | length"#,
        r#"[range(1000) | ("x" * 4000000 | explode)] | length"#,
        r#"[[range(1000)], [range(1000)], [range(1000)]] | [combinations] | length"#,
        r#"[range(100) | "x" * 4000000] | join("")"#,
        r#""<" * 4000000 | @html | @html | @html"#,
        r#""x" * 4000000 | [match("x"; "g")] | length"#,
        r#"[[range(1000000)], [range(1000)]] | transpose | length"#,
        r#"[range(300000)] | [., ., ., ., .] | tojson"#,
        r#".["x" * 1000000000]?"#,
        r#". as {("x" * 1000000000): $y} | $y"#,
        r#"reduce range(1000000) as $i (1; . + .)"#,
    ] {
        ends_early(text);
    }
}

#[test]
fn work_outside_loops_is_counted() {
    for text in [
        "[range(1000)] as $a | last($a[] | $a[] | $a[])",
        "last((1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) \
         | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) | (1, 2) \
         | (1, 2) | (1, 2) | (1, 2))",
        "[range(100000)] as $a | last(range(100000) | $a | sort)",
        "[range(100000)] as $a | [range(100000)] as $b | last(range(100000) | $a == $b)",
        "[range(100000)] as $a | $a - $a",
        "[range(100000)] as $a | $a | contains($a)",
        "[range(100000)] as $a | last(range(1000000) | $a[1:] | length)",
        "[range(100000)] as $a | last(range(1000000) | $a | last(..))",
        "(\"x\" * 4000000) as $t | last(range(1000000) | $t | length)",
        "(\"x\" * 4000000) as $t | last(range(1000000) | $t | indices(\"x\"))",
        "(\"x\" * 100000) as $t | last(range(100000) | $t | test(\"(x+x+)+y\"))",
        "last(range(100000) | \"x\" | test(\"\\\\w{100}{100}\"))",
    ] {
        ends_early(text);
    }
}

#[test]
fn usual_filters_give_what_they_promise() {
    for (text, expected) in [
        (".[] |= . + 1", json!([2, 3, 4])),
        ("map(. * 2) | add", json!(12)),
        ("[.[] | select(. > 1)]", json!([2, 3])),
        (
            ".. |= (if type == \"number\" then . + 1 else . end)",
            json!([2, 3, 4]),
        ),
        ("[paths]", json!([[0], [1], [2]])),
        ("to_entries | map(.key)", json!(null)),
        ("del(.[0]) | .[1:]", json!([3])),
        (".[1:] |= map(. * 10)", json!([1, 20, 30])),
        ("[.[] as $x | $x, $x]", json!([1, 1, 2, 2, 3, 3])),
        (
            "map(tostring) | join(\",\") | split(\",\") | map(tonumber)",
            json!([1, 2, 3]),
        ),
        ("[limit(2; .[])] | first", json!(1)),
        ("sort_by(-.) | first", json!(3)),
        ("[group_by(. > 1)[] | length]", json!([1, 2])),
        (". - [2] | length", json!(2)),
        ("map(. - 1)", json!([0, 1, 2])),
        ("index(2)", json!(1)),
        ("contains([1])", json!(true)),
        ("@base64 \"\\(.)\"", json!("WzEsMiwzXQ==")),
        ("tojson | fromjson | length", json!(3)),
        ("[splits(\"a\")]?", json!(null)),
        ("\"abcb\" | gsub(\"b\"; \"x\")", json!("axcx")),
        ("\"abc\" | [match(\".\"; \"g\").offset]", json!([0, 1, 2])),
        (
            "\"abc\" | explode | reverse | implode | ascii_upcase",
            json!("CBA"),
        ),
        ("first(range(10; 0; -3))", json!(10)),
        (
            "[recurse(if . == null then empty else null end)] | length",
            json!(2),
        ),
        ("min, max", json!([1, 3])),
        ("unique_by(. % 2) | length", json!(2)),
        ("with_entries(.)?", json!(null)),
        (
            "[.[] | if . > 1 then \"a\" else \"b\" end] | unique",
            json!(["a", "b"]),
        ),
    ] {
        let given = answer(text, json!([1, 2, 3]));
        if expected.is_null() {
            // It is an error or no answer; it only must compile.
            continue;
        }
        assert_eq!(given.unwrap(), expected, "{text}");
    }
}

#[test]
fn only_trivial_expressions_are_evaluated_inline() {
    let simple = |text| Expression::compile(text, &[]).unwrap().is_simple;
    for text in [
        ".a.b",
        ".a == 1 and .b != \"x\"",
        "\"a \\(.b)\"",
        ".[0] + 1",
        "[1, .a]",
    ] {
        assert!(simple(text), "{text}");
    }
    for text in [
        ".[]",
        "[range(3)]",
        ".. ",
        "map(1)",
        ".a |= 2",
        "\"\\([range(9)])\"",
    ] {
        assert!(!simple(text), "{text}");
    }
}

/// What an expression costs is a count that is the same on every machine.
#[test]
fn replacing_in_a_long_text_is_counted_and_in_a_very_long_one_refused() {
    let variables = Variables::new();
    let whole = variables.budget();
    let replaced = |bytes: usize| {
        let text = format!("\"ab \" * {} | gsub(\"\\\\s+\"; \"_\") | length", bytes / 3);
        let expression = Expression::compile(&text, &[]).unwrap();
        variables.refill();
        let answer = expression.evaluate(&json!(null), &variables);
        (answer, whole - variables.budget())
    };
    let (answer, work) = replaced(100_000);
    assert_eq!(answer, Ok(json!(99_999)));
    // No less than a step for each of the matches, and a small part of what a lane may do at once.
    assert!((33_333..whole / 4).contains(&work), "{work} of {whole}");
    let (answer, work) = replaced(3_000_000);
    let error = answer.unwrap_err().to_string();
    assert!(error.contains("too many steps"), "{error}");
    assert!(work <= whole / 2, "{work} of {whole}");
}
