//! `fermata ports`.

use std::process::ExitCode;

use super::{CliError, report::print};
use crate::music::{PortFinder, audio_devices};

pub(super) fn run() -> Result<ExitCode, CliError> {
    let ports = PortFinder::default().list();
    section("MIDI outputs", &ports.outputs);
    section("MIDI inputs", &ports.inputs);
    section("Audio devices", &audio_devices());
    if let Some(trouble) = ports.trouble {
        print(&format!("({trouble})"));
    }
    Ok(ExitCode::SUCCESS)
}

fn section(title: &str, names: &[String]) {
    print(title);
    if names.is_empty() {
        print("  none");
    }
    for name in names {
        print(&format!("  {name}"));
    }
}
