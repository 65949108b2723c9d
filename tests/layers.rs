//! Each module uses only layers below its own, and the libraries behind a layer are used nowhere else.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Each layer with the layers that it may use.
const LAYERS: [(&str, &[&str]); 11] = [
    ("engine", &[]),
    ("grpc", &[]),
    ("music", &[]),
    ("score", &["engine", "music"]),
    ("backend", &["engine", "grpc"]),
    ("serve", &["engine", "grpc"]),
    ("conductor", &["engine", "music", "score"]),
    (
        "view",
        &["engine", "music", "backend", "score", "conductor"],
    ),
    (
        "stage",
        &["engine", "music", "backend", "score", "conductor", "view"],
    ),
    (
        "app",
        &[
            "engine",
            "music",
            "backend",
            "serve",
            "score",
            "conductor",
            "view",
            "stage",
        ],
    ),
    (
        "cli",
        &[
            "engine",
            "music",
            "backend",
            "serve",
            "score",
            "conductor",
            "view",
            "stage",
            "app",
        ],
    ),
];

/// Libraries with the only places that may use them.
const LIBRARIES: [(&str, &[&str]); 15] = [
    ("egui", &["stage"]),
    ("eframe", &["stage"]),
    ("egui_plot", &["stage"]),
    ("redb", &["engine/store", "cli/doctor"]),
    ("clap", &["cli", "main.rs"]),
    ("midir", &["music/ports"]),
    ("cpal", &["music/audio"]),
    ("ureq", &["conductor/http"]),
    ("hyper", &["app/services", "serve/http"]),
    ("tonic", &["grpc", "backend/temporal/client.rs", "serve"]),
    (
        "prost",
        &[
            "grpc",
            "backend/temporal/wire",
            "backend/temporal/client.rs",
            "serve",
        ],
    ),
    ("temporalio_client", &["app/temporal_worker"]),
    ("temporalio_common", &["app/temporal_worker"]),
    ("temporalio_sdk", &["app/temporal_worker"]),
    ("temporalio_workflow", &["app/temporal_worker"]),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The Rust files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

/// The code without its comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let lines = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// The modules at the root of the crate that are named after `crate::`, alone or in braces.
fn used_modules(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, prefix) in code.match_indices("crate::") {
        let rest = &code[at + prefix.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            used.insert(identifier(rest).to_owned());
            continue;
        };
        let (mut depth, mut begins) = (0, true);
        for (at, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => begins = true,
                c if begins && c.is_alphabetic() => {
                    used.insert(identifier(&list[at..]).to_owned());
                    begins = false;
                }
                _ => {}
            }
        }
    }
    used
}

/// Whether the code names a library at the beginning of a path.
fn uses_library(code: &str, library: &str) -> bool {
    code.match_indices(&format!("{library}::"))
        .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || "_:".contains(c)))
}

#[test]
fn a_layer_uses_only_layers_below_it() {
    let mut wrong = Vec::new();
    for (layer, below) in LAYERS {
        let folder = source().join(layer);
        assert!(folder.is_dir(), "there is no layer {layer}");
        for file in files(&folder) {
            for used in used_modules(&code(&file)) {
                let is_layer = LAYERS.iter().any(|(name, _)| *name == used);
                if is_layer && used != layer && !below.contains(&used.as_str()) {
                    wrong.push(format!("{} uses {used}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_library_is_used_only_where_it_belongs() {
    let mut wrong = Vec::new();
    for file in files(&source()) {
        let place = file.strip_prefix(source()).unwrap();
        let code = code(&file);
        for (library, places) in LIBRARIES {
            if !places.iter().any(|allowed| place.starts_with(allowed))
                && uses_library(&code, library)
            {
                wrong.push(format!("{} uses {library}", place.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_at_the_root_has_a_layer() {
    for entry in fs::read_dir(source()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_layer = LAYERS.iter().any(|(layer, _)| *layer == name);
        assert!(
            is_layer || ["lib.rs", "main.rs"].contains(&name.as_str()),
            "{name} belongs to no layer"
        );
    }
}

/// The files that can declare the module in a file.
fn parents(file: &Path) -> Vec<PathBuf> {
    let folder = file.parent().unwrap();
    let folder = match file.ends_with("mod.rs") {
        true => folder.parent().unwrap(),
        false => folder,
    };
    vec![
        folder.join("mod.rs"),
        folder.with_extension("rs"),
        folder.join("lib.rs"),
    ]
}

#[test]
fn every_file_is_part_of_the_crate() {
    let mut unused = Vec::new();
    for file in files(&source()) {
        let name = match file.ends_with("mod.rs") {
            true => file.parent().unwrap().file_name().unwrap(),
            false => file.file_stem().unwrap(),
        };
        let name = name.to_str().unwrap();
        let declarations = [format!("mod {name};"), format!("path = \"{name}.rs\"")];
        let is_declared = parents(&file).iter().any(|parent| {
            let parent = fs::read_to_string(parent).unwrap_or_default();
            declarations.iter().any(|one| parent.contains(one))
        });
        if !is_declared && !["lib", "main"].contains(&name) {
            unused.push(file);
        }
    }
    assert!(unused.is_empty(), "{unused:#?}");
}

#[test]
fn imports_are_read_alone_and_in_braces() {
    let code =
        "use crate::{\n    engine::{Event, music},\n    view::lane,\n};\ncrate::score::play()";
    let used: Vec<_> = used_modules(code).into_iter().collect();
    assert_eq!(used, ["engine", "score", "view"]);
    assert!(uses_library("let x = redb::Database::create()", "redb"));
    assert!(!uses_library("super::redb::verify()", "redb"));
}

/// The anchor that a heading of Markdown has.
fn anchor(heading: &str) -> String {
    let letters = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = letters
        .chars()
        .filter(|c| c.is_alphanumeric() || " -".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_in_the_readme_and_in_the_guides_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = vec![root.join("README.md")];
    let guides = fs::read_dir(root.join("docs")).unwrap();
    texts.extend(guides.map(|guide| guide.unwrap().path()));
    let mut links = 0;
    let mut dead = Vec::new();
    for path in texts {
        let text = fs::read_to_string(&path).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            // `[c4 e4](3,8)` is a pattern.
            if link.contains("://") || link.contains(',') {
                continue;
            }
            links += 1;
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            let leads = match fs::read_to_string(&target) {
                Ok(text) => {
                    let mut headings = text.lines().filter(|line| line.starts_with('#'));
                    heading.is_empty() || headings.any(|line| anchor(line) == heading)
                }
                Err(_) => target.exists() && heading.is_empty(),
            };
            if !leads {
                dead.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(links >= 20, "only {links} links");
    assert_eq!(dead, [""; 0]);
}
