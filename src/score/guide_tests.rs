//! The guides in `docs` are complete and true: the writer's guide names every word of the language, and
//! every score in a guide can be performed.

use std::{collections::BTreeSet, sync::LazyLock};

use serde_json::Value;

use super::{SCHEMA, chord_name, controllers, parse, pattern::Arp, pitch, scale};
use crate::music::{Kit, Patch};

const WRITING: &str = include_str!("../../docs/writing.md");
const ENGINE: &str = include_str!("../../docs/engine.md");
const PERFORMING: &str = include_str!("../../docs/performing.md");

/// What stands before the tasks of a guide that shows no head.
const HEAD: &str = "\
document:
  dsl: 1.0.0
  namespace: guide
  name: guide
  version: 1.0.0
";
const INSTRUMENTS: &str = "    \
      instruments: { bass: { patch: bass }, bells: { patch: bell }, piano: { patch: piano }, drums: { kit: studio } }
";

static DEFINITIONS: LazyLock<Value> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    schema["definitions"].clone()
});

/// The section of the writer's guide under a heading, up to the next heading of that level or above.
fn section(heading: &str) -> &'static str {
    let start = WRITING
        .find(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("the guide has no section {heading}"));
    let level = heading.bytes().take_while(|byte| *byte == b'#').count();
    let text = &WRITING[start + 1..];
    let end = text.match_indices("\n#").find(|(at, _)| {
        let next = text[at + 1..].bytes().take_while(|byte| *byte == b'#');
        next.count() <= level
    });
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

/// The words in backticks. What only an example names is not explained.
fn words(text: &str) -> BTreeSet<&str> {
    let prose = text.split("```").step_by(2);
    prose
        .flat_map(|prose| prose.split('`').skip(1).step_by(2))
        .collect()
}

/// The words that a section does not name.
fn missing<T: AsRef<str>>(heading: &str, names: impl IntoIterator<Item = T>) -> Vec<String> {
    let text = section(heading);
    let named = words(text);
    let within = |name: &str| named.iter().any(|word| is_part(word, name));
    let names = names.into_iter().map(|name| name.as_ref().to_owned());
    names.filter(|name| !within(name)).collect()
}

/// Whether a word is written in backticks, alone or as a key of `{ at, note }` and `attempt.count`.
fn is_part(text: &str, name: &str) -> bool {
    text == name
        || text
            .split(|c: char| !(c.is_alphanumeric() || "-_".contains(c)))
            .any(|part| part == name)
}

/// The keys that a definition of the schema has, with those of its parts.
fn keys(definition: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    match definition {
        Value::Object(map) => {
            for (key, value) in map {
                if let ("properties", Value::Object(properties)) = (key.as_str(), value) {
                    found.extend(properties.keys().cloned());
                }
                found.extend(keys(value));
            }
        }
        Value::Array(items) => found.extend(items.iter().flat_map(keys)),
        _ => {}
    }
    found
}

fn missing_keys(heading: &str, definition: &str) -> Vec<String> {
    missing(heading, keys(&DEFINITIONS[definition]))
}

#[test]
fn the_writers_guide_names_every_argument_of_every_function() {
    for (heading, definition) in [
        ("### play", "playArguments"),
        ("### rest", "restArguments"),
        ("### control", "controlArguments"),
        ("### tempo", "tempoArguments"),
        ("### http", "httpArguments"),
        ("### openapi", "openapiArguments"),
        ("### Functions of patterns", "off"),
        ("### Functions of patterns", "every"),
    ] {
        assert_eq!(missing_keys(heading, definition), [""; 0], "{heading}");
    }
    assert_eq!(missing("### play", keys(&DEFINITIONS["note"])), [""; 0]);
    let arpeggios = Arp::ALL.iter().map(|(word, _)| word);
    assert_eq!(missing("### Functions of patterns", arpeggios), [""; 0]);
}

#[test]
fn the_writers_guide_names_every_key_of_scores_tasks_and_instruments() {
    let score = &DEFINITIONS["score"]["properties"];
    let top = score.as_object().expect("keys").keys();
    assert_eq!(missing("## Keys of the score", top), [""; 0]);
    let reused = score["use"]["properties"].as_object().expect("keys").keys();
    assert_eq!(missing("## Keys of the score", reused), [""; 0]);
    let starts = &score["schedule"]["properties"];
    let starts = starts.as_object().expect("keys").keys();
    assert_eq!(missing("## Keys of the score", starts), [""; 0]);

    let head = &score["document"]["properties"];
    let head_keys = head.as_object().expect("keys").keys();
    assert_eq!(missing("## Keys of the score", head_keys), [""; 0]);
    let music = &head["metadata"]["properties"]["fermata"]["properties"];
    let music = music.as_object().expect("keys").keys();
    assert_eq!(missing("### Metadata of the score", music), [""; 0]);

    let task = &DEFINITIONS["task"]["properties"];
    let task_keys = task.as_object().expect("keys").keys();
    assert_eq!(missing("## Tasks", task_keys), [""; 0]);
    let beside = &task["metadata"]["properties"]["fermata"]["properties"];
    let beside = beside.as_object().expect("keys").keys();
    assert_eq!(missing("### Metadata of a task", beside), [""; 0]);
    assert_eq!(missing_keys("## Tasks", "retry"), [""; 0]);

    assert_eq!(missing_keys("## Instruments", "instrument"), [""; 0]);
    let colors = &DEFINITIONS["instrument"]["properties"]["color"]["anyOf"][0]["enum"];
    let colors = colors.as_array().expect("a list").iter();
    let colors = colors.map(|color| color.as_str().expect("a name"));
    assert_eq!(missing("## Instruments", colors), [""; 0]);
    assert_eq!(missing_keys("### Sounds of events", "sound"), [""; 0]);
    let kinds = &DEFINITIONS["sound"]["properties"]["on"]["enum"];
    let kinds = kinds.as_array().expect("a list").iter();
    let kinds = kinds.map(|kind| kind.as_str().expect("a name"));
    assert_eq!(missing("### Sounds of events", kinds), [""; 0]);
}

#[test]
fn the_writers_guide_names_every_sound() {
    let patches = Patch::ALL.map(Patch::name);
    assert_eq!(missing("### Patches", patches), [""; 0]);
    let drums = pitch::DRUMS.iter().map(|(name, _)| name);
    assert_eq!(missing("### Drums", drums), [""; 0]);
    for kit in Kit::ALL {
        let row = section("### Drums")
            .lines()
            .find(|line| line.starts_with(&format!("| `{}` ", kit.name())))
            .unwrap_or_else(|| panic!("the guide has no kit {}", kit.name()));
        let file = format!(
            "{}/assets/kits/{}.toml",
            env!("CARGO_MANIFEST_DIR"),
            kit.name()
        );
        let file = std::fs::read_to_string(file).expect("the kit");
        let file: toml_edit::DocumentMut = file.parse().expect("TOML");
        for (drum, _) in file["keys"].as_table().expect("a table") {
            assert!(
                row.contains(&format!(" {drum} ")),
                "no {drum} in {}",
                kit.name()
            );
        }
    }
}

#[test]
fn the_writers_guide_names_every_chord_scale_and_controller() {
    let chords = chord_name::CHORDS.iter().map(|(name, _)| name);
    let named = words(section("### Chords"));
    let chords: Vec<_> = chords.filter(|name| !named.contains(**name)).collect();
    assert_eq!(chords, [&""; 0]);
    let named = words(section("### Scales"));
    let scales = scale::SCALES.iter().map(|(name, _)| name);
    let scales: Vec<_> = scales.filter(|name| !named.contains(**name)).collect();
    assert_eq!(scales, [&""; 0]);
    let names = controllers::CONTROLLERS
        .iter()
        .map(|(name, number)| format!("`{name}` ({number})"));
    let text = section("### control");
    let unnamed: Vec<_> = names.filter(|name| !text.contains(name)).collect();
    assert_eq!(unnamed, [""; 0]);
}

/// The blocks of YAML in a guide as scores: whole ones, lists of tasks, and music settings.
fn scores(guide: &str) -> Vec<String> {
    let mut found = Vec::new();
    for block in guide.split("```yaml\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        let indented = |by: usize| {
            let lines = block.lines();
            lines.fold(String::new(), |all, line| {
                all + &" ".repeat(by) + line + "\n"
            })
        };
        found.push(if block.starts_with("document:") {
            block.to_owned()
        } else if block.starts_with("- ") {
            format!(
                "{HEAD}  metadata:\n    fermata:\n  {INSTRUMENTS}do:\n{}",
                indented(2)
            )
        } else {
            format!(
                "{HEAD}  metadata:\n    fermata:\n{}do: [{{ one: {{ set: {{}} }} }}]\n",
                indented(6)
            )
        });
    }
    found
}

#[test]
fn every_score_in_a_guide_can_be_performed() {
    for (guide, least) in [(WRITING, 10), (ENGINE, 8), (PERFORMING, 0)] {
        let found = scores(guide);
        assert!(found.len() >= least, "{} scores", found.len());
        for score in found {
            if let Err(errors) = parse(&score, "guide.yaml") {
                panic!("{errors}\n{score}");
            }
        }
    }
}
