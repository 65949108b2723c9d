//! `fermata verify`: reads a whole store and reports what is damaged.

use std::process::ExitCode;

use clap::Args;

use super::{CliError, StoreArgs, arguments::instance_id, source::Access, terminal::print};
use crate::{
    app::control_socket::{DamageReport, SearchRequest},
    engine::{InstanceId, Search},
};

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// Report only on these instances [default: the whole store]
    #[arg(value_name = "ID", value_parser = instance_id)]
    ids: Vec<InstanceId>,
    #[command(flatten)]
    store: StoreArgs,
}

/// Prints each damage on a line; fails if there is any.
pub(super) fn run(args: &VerifyArgs) -> Result<ExitCode, CliError> {
    let source = args.store.source(Access::Read)?;
    let report = source.verify()?;
    let concerns = |damage: &&DamageReport| {
        let of_one = damage
            .instance
            .as_ref()
            .is_some_and(|id| args.ids.contains(id));
        args.ids.is_empty() || of_one
    };
    let damage: Vec<_> = report.damage.iter().filter(concerns).collect();
    for damage in &damage {
        print(&damage.message)?;
    }
    if !args.ids.is_empty() {
        return selected(args, &source, &damage);
    }
    let (instances, events) = (report.instances, report.events);
    if damage.is_empty() {
        print(&format!(
            "{instances} instances with {events} events: no damage"
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    print(&format!(
        "{instances} instances with {events} readable events: {} damaged; the others can be used \
         and exported",
        damage.len()
    ))?;
    Ok(ExitCode::FAILURE)
}

fn selected(
    args: &VerifyArgs,
    source: &super::source::Source,
    damage: &[&DamageReport],
) -> Result<ExitCode, CliError> {
    for id in &args.ids {
        if damage
            .iter()
            .any(|damage| damage.instance.as_ref() == Some(id))
        {
            continue;
        }
        let search = Search {
            id_prefix: Some(id.as_str().to_owned()),
            ..Search::default()
        };
        let found = source.search(&SearchRequest {
            search,
            limit: None,
        })?;
        if !found.iter().any(|instance| instance.id == *id) {
            return Err(crate::engine::EngineError::UnknownInstance(id.clone()).into());
        }
        print(&format!("{id}: no damage"))?;
    }
    Ok(match damage.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
