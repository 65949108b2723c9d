//! `fermata ports`.

use std::process::ExitCode;

use clap::Args;

use super::{CliError, report::print, rig::RigArgs};
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
    section("MIDI outputs", &ports.outputs)?;
    section("MIDI inputs", &ports.inputs)?;
    section("Audio devices", &audio_devices())?;
    if let Some(trouble) = ports.trouble {
        print(&format!("({trouble})"))?;
    }
    of_rig(&rig, &ports.outputs)?;
    Ok(ExitCode::SUCCESS)
}

fn section(title: &str, names: &[String]) -> Result<(), CliError> {
    print(title)?;
    if names.is_empty() {
        print("  none")?;
    }
    for name in names {
        print(&format!("  {name}"))?;
    }
    Ok(())
}

/// Which outputs the rig means: for each of them its first entry counts.
fn of_rig(rig: &Rig, outputs: &[String]) -> Result<(), CliError> {
    if rig.ports.is_empty() {
        return Ok(());
    }
    print("Ports of the rig")?;
    let built_in = crate::conductor::BUILT_IN.to_owned();
    let outputs: Vec<_> = outputs.iter().chain([&built_in]).collect();
    for (place, port) in rig.ports.iter().enumerate() {
        let earlier = rig.ports.iter().take(place);
        let free = |name: &&&String| port.means(name) && !earlier.clone().any(|p| p.means(name));
        let meant: Vec<_> = outputs
            .iter()
            .filter(free)
            .map(|name| name.as_str())
            .collect();
        let meant = match meant.is_empty() {
            true => "not there".to_owned(),
            false => meant.join(", "),
        };
        print(&format!("  {:?}: {meant}", port.name))?;
    }
    Ok(())
}
