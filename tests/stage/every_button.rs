//! Everything that can be pressed has a name of its own, and pressing it by that name does something: for
//! screen readers, and for whoever speaks to the window.

use std::collections::BTreeSet;

use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};
use fermata::view::Projector;

use super::{TestWindow, concert::concert, empty, lanes_on_stage::many, panels::two_schedules};

/// A state of the window: what it shows, and the keys that lead there.
struct Scene {
    name: &'static str,
    projector: fn() -> Projector,
    keys: &'static [(Modifiers, Key)],
}

const NONE: Modifiers = Modifiers::NONE;

const SCENES: &[Scene] = &[
    Scene {
        name: "first start",
        projector: empty,
        keys: &[],
    },
    Scene {
        name: "scores of an empty window",
        projector: empty,
        keys: &[(NONE, Key::S)],
    },
    Scene {
        name: "concert",
        projector: concert,
        keys: &[],
    },
    Scene {
        name: "focus",
        projector: concert,
        keys: &[(NONE, Key::W)],
    },
    Scene {
        name: "scores",
        projector: concert,
        keys: &[(NONE, Key::S)],
    },
    Scene {
        name: "meters",
        projector: concert,
        keys: &[(NONE, Key::M)],
    },
    Scene {
        name: "replay",
        projector: concert,
        keys: &[(NONE, Key::ArrowLeft)],
    },
    Scene {
        name: "histories",
        projector: concert,
        keys: &[(NONE, Key::H)],
    },
    Scene {
        name: "schedules",
        projector: scheduled,
        keys: &[(Modifiers::SHIFT, Key::H)],
    },
    Scene {
        name: "faults",
        projector: concert,
        keys: &[(NONE, Key::U)],
    },
    Scene {
        name: "go to a time",
        projector: concert,
        keys: &[(Modifiers::COMMAND, Key::G)],
    },
    Scene {
        name: "start with an input",
        projector: concert,
        keys: &[(Modifiers::SHIFT, Key::S)],
    },
    Scene {
        name: "open a file",
        projector: concert,
        keys: &[(Modifiers::COMMAND, Key::O)],
    },
    Scene {
        name: "learn mode",
        projector: concert,
        keys: &[(Modifiers::COMMAND, Key::M)],
    },
    Scene {
        name: "many lanes",
        projector: twelve,
        keys: &[],
    },
];

fn scheduled() -> Projector {
    let mut projector = concert();
    projector.schedules(two_schedules());
    projector
}

fn twelve() -> Projector {
    many(12)
}

impl Scene {
    fn open(&self) -> TestWindow {
        let mut window = TestWindow::open(&(self.projector)());
        for (modifiers, key) in self.keys {
            window.press_with(*modifiers, *key);
        }
        window.steps(2);
        window
    }
}

/// The names of everything that can be pressed.
fn buttons(window: &TestWindow) -> Vec<String> {
    let buttons = window.harness.query_all_by_role(Role::Button);
    let names = buttons.map(|button| button.accesskit_node().label().unwrap_or_default());
    names.collect()
}

#[test]
fn every_button_has_a_name_of_its_own_and_acts_when_it_is_pressed_by_that_name() {
    let mut dead = Vec::new();
    // What is in many scenes does the same in each.
    let mut pressed = BTreeSet::new();
    for scene in SCENES {
        let names = buttons(&scene.open());
        assert!(!names.is_empty(), "{}: there is no button", scene.name);
        let mut seen = BTreeSet::new();
        for name in &names {
            assert!(!name.is_empty(), "{}: a button has no name", scene.name);
            assert!(seen.insert(name), "{}: two are named {name}", scene.name);
        }
        for name in names {
            if !pressed.insert(name.clone()) {
                continue;
            }
            let mut window = scene.open();
            window.host.take();
            let before = format!("{:?}", window.harness.state().state());
            let button = window.harness.get_by_role_and_label(Role::Button, &name);
            let is_chosen = button.accesskit_node().is_selected() == Some(true);
            button.click_accesskit();
            window.steps(3);
            let after = format!("{:?}", window.harness.state().state());
            let did = !window.host.take().is_empty() || before != after;
            // A score with an error says why, and a choice that is made already stays so.
            let refuses = name.contains("cannot be started");
            if !did && !refuses && !is_chosen {
                dead.push(format!("{}: {name}", scene.name));
            }
        }
    }
    assert!(dead.is_empty(), "these do nothing: {dead:#?}");
}
