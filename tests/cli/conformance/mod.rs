//! The conformance scenarios of the standard: each is told here in other words, with the same meaning.
//!
//! `FERMATA_CONFORMANCE` names a checkout of the standard, or a folder: the scenarios of its feature files are
//! performed as well.

mod gherkin;
mod performed;

use std::path::{Path, PathBuf};

use gherkin::scenarios;
use performed::holds;

/// What the URIs of errors begin with, by both names of the standard.
const NAMES: [&str; 4] = [
    "https://open-workflow-specification.org/spec/1.0.0/errors/",
    "https://open-workflow-specification.org/dsl/errors/types/",
    "https://serverlessworkflow.io/spec/1.0.0/errors/",
    "https://serverlessworkflow.io/dsl/errors/types/",
];

/// The scenarios of the standard, by its feature files.
const FEATURES: [(&str, usize, &str); 11] = [
    ("branch", 1, include_str!("features/fork.feature")),
    ("call", 5, include_str!("features/call.feature")),
    ("data-flow", 3, include_str!("features/data-flow.feature")),
    ("do", 1, include_str!("features/do.feature")),
    ("emit", 1, include_str!("features/emit.feature")),
    ("flow", 2, include_str!("features/flow.feature")),
    ("for", 1, include_str!("features/for.feature")),
    ("raise", 1, include_str!("features/raise.feature")),
    ("set", 1, include_str!("features/set.feature")),
    ("switch", 3, include_str!("features/switch.feature")),
    ("try", 2, include_str!("features/try.feature")),
];

/// Performs the scenarios of a feature file. Returns their number, and what does not hold.
fn performed(file: &str) -> (usize, Vec<String>) {
    let scenarios = match scenarios(file) {
        Ok(scenarios) => scenarios,
        Err(why) => return (1, vec![why]),
    };
    let wrong = scenarios.iter().filter_map(|scenario| {
        let why = holds(scenario).err()?;
        Some(format!("{}: {why}", scenario.name))
    });
    (scenarios.len(), wrong.collect())
}

#[test]
fn the_scenarios_of_the_standard_hold_by_both_of_its_names() {
    let [present, others @ ..] = NAMES;
    let by_another_name = |file: &str| {
        // An error is raised or caught by its type.
        match file.contains(present) {
            true => others.map(|name| file.replace(present, name)).to_vec(),
            false => Vec::new(),
        }
    };
    for (feature, expected, file) in FEATURES {
        for file in [file.to_owned()].into_iter().chain(by_another_name(file)) {
            let (number, wrong) = performed(&file);
            assert_eq!(number, expected, "{feature}");
            assert!(wrong.is_empty(), "{feature}: {}", wrong.join("\n"));
        }
    }
}

#[test]
fn the_scenarios_of_a_checkout_hold() {
    let Some(folder) = std::env::var_os("FERMATA_CONFORMANCE") else {
        println!("skipped: FERMATA_CONFORMANCE names no checkout of the standard");
        return;
    };
    let mut files = Vec::new();
    collect(Path::new(&folder), &mut files);
    files.sort();
    let (mut all, mut wrong) = (0, Vec::new());
    for file in files {
        let (number, not) = performed(&std::fs::read_to_string(&file).unwrap());
        println!("{}: {} of {number}", file.display(), number - not.len());
        all += number;
        let place = |why: &String| format!("{}: {why}", file.display());
        wrong.extend(not.iter().map(place));
    }
    println!("{} of {all} scenarios hold", all - wrong.len());
    assert!(all > 0, "there is no scenario");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|name| name == "feature") {
            files.push(path);
        }
    }
}

#[test]
fn a_scenario_that_does_not_hold_is_reported() {
    let told = |document: &str, then: &str| {
        let file = format!(
            "Scenario: x\nGiven a workflow with definition:\n\"\"\"\n{document}\n\"\"\"\n\
             When the workflow is executed\nThen {then}"
        );
        performed(&file).1
    };
    let head = "document: { dsl: 1.0.3, namespace: test, name: x, version: 0.1.0 }\ndo:";
    let good = format!("{head}\n  - a: {{ set: {{ n: [1] }} }}\n  - b: {{ set: {{ n: [2, 3] }} }}");
    let bad = format!("{head}\n  - a: {{ raise: {{ error: {{ type: t:x, status: 500 }} }} }}");
    for (document, then, wrong) in [
        (
            &good,
            "the workflow should complete",
            "the workflow should fault",
        ),
        (
            &bad,
            "the workflow should fault",
            "the workflow should complete",
        ),
        (
            &good,
            "the workflow should complete with output:\n\"\"\"\nn: [2, 3]\n\"\"\"",
            "the workflow should complete with output:\n\"\"\"\nn: [2]\n\"\"\"",
        ),
        (
            &bad,
            "the workflow should fault with error:\n\"\"\"\n{ type: t:x, status: 500, instance: /do/0/a }\n\"\"\"",
            "the workflow should fault with error:\n\"\"\"\n{ type: t:x, status: 500, instance: /do/0/b }\n\"\"\"",
        ),
        (
            &good,
            "the workflow output should have properties 'n'",
            "the workflow output should have properties 'n', 'm'",
        ),
        (
            &good,
            "the workflow output should have a 'n' property containing 2 items",
            "the workflow output should have a 'n' property containing 1 items",
        ),
        (
            &good,
            "the workflow output should have a 'n' property with value:\n\"\"\"\n[2, 3]\n\"\"\"",
            "the workflow output should have a 'n' property with value:\n\"\"\"\n3\n\"\"\"",
        ),
        (&good, "a should run first", "b should run first"),
        (&good, "b should run last", "a should run last"),
        (&good, "b should run after a", "a should run after b"),
        (&good, "a should run before b", "c should run before b"),
        (&bad, "a should fault", "a should complete"),
        (&good, "b should complete", "b should cancel"),
        (&good, "a should run first", "it should rain"),
    ] {
        assert_eq!(told(document, then), [""; 0]);
        assert_eq!(told(document, wrong).len(), 1, "{wrong}");
    }
}
