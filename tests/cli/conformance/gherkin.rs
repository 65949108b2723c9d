//! Reads the scenarios of feature files: as much of Gherkin as conformance scenarios use.

/// A scenario of a feature.
#[derive(Debug, PartialEq)]
pub struct Scenario {
    pub name: String,
    pub steps: Vec<Step>,
}

/// A step, without the word it begins with.
#[derive(Debug, PartialEq)]
pub struct Step {
    pub text: String,
    /// The text between triple quotes below it.
    pub argument: Option<String>,
}

const QUOTES: &str = "\"\"\"";

/// The scenarios of a feature file, or the line that is not understood.
pub fn scenarios(file: &str) -> Result<Vec<Scenario>, String> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut lines = file.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let text = line.trim();
        let unknown = || format!("line {}: `{text}` is not understood", index + 1);
        if text.is_empty() || text.starts_with('#') || text.starts_with("Feature:") {
            continue;
        }
        if let Some(name) = text.strip_prefix("Scenario:") {
            let (name, steps) = (name.trim().to_owned(), Vec::new());
            scenarios.push(Scenario { name, steps });
            continue;
        }
        // The words that introduce a feature.
        let Some(scenario) = scenarios.last_mut() else {
            continue;
        };
        if text.starts_with(QUOTES) {
            let step = scenario.steps.last_mut().ok_or_else(unknown)?;
            let indent = line.len() - line.trim_start().len();
            let within = lines.by_ref().map(|(_, line)| line);
            step.argument = Some(argument(within, indent).ok_or_else(unknown)?);
        } else {
            let text = step(text).ok_or_else(unknown)?.to_owned();
            let argument = None;
            scenario.steps.push(Step { text, argument });
        }
    }
    Ok(scenarios)
}

/// A step without `Given`, `When`, `Then` or `And`; `And given` counts as one word.
fn step(text: &str) -> Option<&str> {
    let (word, rest) = text.split_once(' ')?;
    let rest = rest.trim();
    match word {
        "Given" | "When" | "Then" | "And" | "But" => {
            Some(rest.strip_prefix("given ").unwrap_or(rest))
        }
        _ => None,
    }
}

/// The lines up to the closing quotes, less the indentation of the opening ones.
fn argument<'a>(lines: impl Iterator<Item = &'a str>, indent: usize) -> Option<String> {
    let mut text = String::new();
    for line in lines {
        if line.trim_start().starts_with(QUOTES) {
            return Some(text);
        }
        let blank = line.len() - line.trim_start().len();
        text += &line[indent.min(blank)..];
        text.push('\n');
    }
    None
}

#[test]
fn scenarios_are_read_with_their_steps_and_texts() {
    let file = "Feature: Tuning
  As a player

  # A remark
  Scenario: Tune
    Given a workflow with definition:
    \"\"\"yaml
    a:
      b: 1
    \"\"\"
    And given the workflow input is:
      \"\"\"
      c: 2
      \"\"\"
    Then the workflow should complete
  Scenario: Rest
    When it rains";
    let step = |text: &str, argument: Option<&str>| Step {
        text: text.to_owned(),
        argument: argument.map(str::to_owned),
    };
    let steps = vec![
        step("a workflow with definition:", Some("a:\n  b: 1\n")),
        step("the workflow input is:", Some("c: 2\n")),
        step("the workflow should complete", None),
    ];
    let (tune, rest) = ("Tune".to_owned(), "Rest".to_owned());
    let expected = vec![
        Scenario { name: tune, steps },
        Scenario {
            name: rest,
            steps: vec![step("it rains", None)],
        },
    ];
    assert_eq!(scenarios(file), Ok(expected));
    for wrong in ["Scenario: a\nPerhaps b", "Scenario: a\nGiven b\n\"\"\"\nc"] {
        assert!(scenarios(wrong).is_err(), "{wrong}");
    }
}
