//! `fermata ports`: MIDI ports and audio devices.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::{
    CliError,
    rig::RigArgs,
    scores,
    terminal::{message, print},
};
use crate::{
    app::read_own_patches,
    conductor::{BUILT_IN, rig::Rig},
    music::{Bank, PortFinder, audio_devices},
    score::{Instrument, Port, crowded},
};

#[derive(Debug, Args)]
pub(super) struct PortsArgs {
    /// Scores: how their instruments share the channels of the ports
    #[arg(value_name = "SCORE")]
    scores: Vec<PathBuf>,
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
    print_channels(&args.scores)?;
    Ok(ExitCode::SUCCESS)
}

/// The channels of the instruments of scores, by score.
fn print_channels(paths: &[PathBuf]) -> Result<(), CliError> {
    let bank = Bank::new();
    read_own_patches(&bank, |error| message(&error));
    for score in scores::read(paths, &bank) {
        let document = score?;
        print(&format!("Channels of {}", document.title))?;
        let crowded = crowded(&document.instruments);
        for instrument in &document.instruments {
            let port = match instrument.ports.first() {
                Some(Port::Named(name)) => name.as_str(),
                Some(Port::Synth) | None => BUILT_IN,
            };
            let channel = match crowded.iter().any(|one| one.name == instrument.name) {
                true => "shares a channel, the port has no free one".to_owned(),
                false if instrument.has_own_channel => {
                    own_channel(instrument, &document.instruments)
                }
                false => "a channel of its own".to_owned(),
            };
            print(&format!("  {}: {port}, {channel}", instrument.name))?;
        }
    }
    Ok(())
}

/// The channel that a score gives an instrument, and the others that have the same.
fn own_channel(instrument: &Instrument, all: &[Instrument]) -> String {
    let number = instrument.channel.number();
    let place = |one: &Instrument| (one.ports.first().cloned(), one.channel, one.has_own_channel);
    let others = all
        .iter()
        .filter(|one| one.name != instrument.name && place(one) == place(instrument));
    let others: Vec<&str> = others.map(|one| one.name.as_str()).collect();
    match others.is_empty() {
        true => format!("channel {number}"),
        false => format!("channel {number}, shared with {}", others.join(", ")),
    }
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
