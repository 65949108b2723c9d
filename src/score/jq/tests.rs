//! Tests of what only jq itself can tell: its names and its budget.

use super::*;

/// The results of jq text, as JSON.
fn results(text: &str) -> Result<Vec<String>, Failure> {
    let program = Program::read(text, &[]).unwrap();
    let budget = Budget::default();
    let results = program.run(Val::Null, Vec::new(), 1.5, &budget, usize::MAX)?;
    Ok(results.iter().map(json::text).collect())
}

#[test]
fn every_filter_of_jq_is_there() {
    let names = native::prelude().0.all();
    for (name, arguments) in [
        ("map", 1),
        ("recurse", 2),
        ("sub", 3),
        ("limit", 2),
        ("getpath", 1),
        ("ltrimstr", 1),
        ("splits", 2),
        ("ascii", 0),
        ("todate", 0),
        ("INDEX", 2),
        ("fromstream", 1),
        ("walk", 1),
        ("pick", 1),
        ("toarray", 0),
        ("have_decnum", 0),
    ] {
        assert!(names.contains(&(name, arguments)), "{name}/{arguments}");
    }
    assert!(names.iter().all(|(name, _)| !name.starts_with('_')));
}

#[test]
fn now_is_the_time_that_is_given() {
    assert_eq!(results("now, (now | type)").unwrap(), ["1.5", "\"number\""]);
}

#[test]
fn mistakes_name_the_remedy() {
    for (text, remedy) in [
        (".a && .b", "write `and`"),
        (".a || .b", "write `or`"),
        (".a === 1", "write `==`"),
        ("'b'", "double quotes"),
        ("$.a", "write `.`"),
        ("!.a", "| not"),
        (". | lenght", "did you mean `length`?"),
        ("len", "`length`"),
        ("map()", "expected"),
        (".a ? 1 : 2", "expected"),
        ("env.HOME", "pass the value as input"),
        ("[1, 2", "`[` is never closed"),
        ("\"abc", "never closed"),
        ("join", "takes 1 arguments"),
        ("@foo", "@csv"),
    ] {
        let error = Program::read(text, &[]).unwrap_err();
        assert!(error.message.contains(remedy), "{text}: {}", error.message);
    }
}

#[test]
fn a_long_replacement_is_no_problem_and_an_endless_one_is_an_error() {
    let long = r#"[range(20000) | "ab "] | add | gsub("\\s+"; "_") | length"#;
    assert_eq!(results(long).unwrap(), ["60000"]);
    let endless = results(r#"("a" * 40 + "b") | test("^(?=(a+)+$)(a|aa)+$")"#);
    assert!(endless.is_err() || endless.unwrap() == ["false"]);
}
