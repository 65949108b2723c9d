//! `fermata ports`: MIDI ports and audio devices.

use std::process::ExitCode;

use clap::Args;

use super::{CliError, rig::RigArgs, terminal::print};
use crate::{
    conductor::rig::Rig,
    music::{PortFinder, audio_devices},
};

#[derive(Debug, Args)]
pub(super) struct PortsArgs {
    #[command(flatten)]
    rig: RigArgs,
}

pub(super) fn run(args: &PortsArgs) -> Result<ExitCode, CliError> {
    let rig = args.rig.read()?;
    let ports = PortFinder::default().list();
    print_section("MIDI outputs", &ports.outputs)?;
    print_section("MIDI inputs", &ports.inputs)?;
    print_section("Audio devices", &audio_devices())?;
    if let Some(trouble) = ports.trouble {
        print(&format!("({trouble})"))?;
    }
    print_rig(&rig, &ports.outputs)?;
    Ok(ExitCode::SUCCESS)
}

fn print_section(title: &str, names: &[String]) -> Result<(), CliError> {
    print(title)?;
    if names.is_empty() {
        print("  none")?;
    }
    for name in names {
        print(&format!("  {name}"))?;
    }
    Ok(())
}

/// The outputs of each port of the rig. An output belongs to the first entry that matches it.
fn print_rig(rig: &Rig, outputs: &[String]) -> Result<(), CliError> {
    if rig.ports.is_empty() {
        return Ok(());
    }
    print("Rig")?;
    let built_in = crate::conductor::BUILT_IN.to_owned();
    let outputs: Vec<_> = outputs.iter().chain([&built_in]).collect();
    for (place, port) in rig.ports.iter().enumerate() {
        let earlier = rig.ports.iter().take(place);
        let free =
            |name: &&&String| port.matches(name) && !earlier.clone().any(|p| p.matches(name));
        let meant: Vec<_> = outputs
            .iter()
            .filter(free)
            .map(|name| name.as_str())
            .collect();
        let meant = match meant.is_empty() {
            true => "not connected".to_owned(),
            false => meant.join(", "),
        };
        print(&format!("  {:?}: {meant}", port.name))?;
    }
    Ok(())
}
