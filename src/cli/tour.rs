//! `fermata tour`: a set list that performs itself.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::Args;

use super::{
    CliError, Renderer, exit_code, listen::ListenArgs, only_port, rig::RigArgs,
    secrets::SecretsArgs, services::WithServicesArgs, sounds::SoundArgs, terminal,
};
use crate::{
    app::{self, AppOptions, Library, SetlistFile, Start},
    engine::{RedbStore, Store},
    view::TourMode,
};

#[derive(Debug, Args)]
pub(super) struct TourArgs {
    /// A set list; a piece without a `tour` plays to its end [default: the programme of Fermata]
    setlist: Option<PathBuf>,
    /// Start over after the last piece, until a key or a click ends the tour
    #[arg(long)]
    repeat: bool,
    #[command(flatten)]
    sounds: SoundArgs,
    /// Send everything to the first MIDI output whose name contains PATTERN
    #[arg(long, value_name = "PATTERN")]
    port: Option<String>,
    #[command(flatten)]
    rig: RigArgs,
    #[command(flatten)]
    secrets: SecretsArgs,
    #[command(flatten)]
    listen: ListenArgs,
    /// Graphics backend
    #[arg(long, value_enum, default_value_t = Renderer::Auto)]
    renderer: Renderer,
}

/// Performs a tour on a store of its own, which is deleted at the end: no history of yours plays along, and none
/// of the tour stays.
pub(super) fn run(args: TourArgs) -> Result<ExitCode, CliError> {
    let setlist = match &args.setlist {
        Some(path) => SetlistFile::read(path),
        None => SetlistFile::bundled_tour(),
    };
    if let Some(problem) = setlist.problem() {
        return Err(problem.clone().into());
    }
    let bank = args.sounds.open()?;
    let listening = args.listen.open(&bank)?;
    let mut library = Library::with(&[], &bank);
    library.add_pieces(&setlist.scores());
    let rig_file = args.rig.file();
    let rig = rig_file.read()?;
    let secrets = args.secrets.open()?;
    let _services = WithServicesArgs::asked().start()?;
    let only_port = only_port(args.port.as_deref())?;
    let folder = tempfile::tempdir();
    let folder = folder.map_err(|source| CliError::unwritable(&std::env::temp_dir(), source))?;
    let store_file = folder.path().join("tour.redb");
    let opened = app::open(AppOptions {
        library,
        setlist: Some(setlist),
        tour: match args.repeat {
            true => TourMode::Repeated,
            false => TourMode::Once,
        },
        attach: Vec::new(),
        serve: None,
        histories: Vec::new(),
        bank,
        store: Ok(create(&store_file)?),
        store_file: Some(store_file),
        restarted: None,
        rig,
        rig_file,
        secrets,
        listening,
        only_port,
        tell: Box::new(terminal::message),
        start: Start::Usual,
        renderer: args.renderer.into(),
    });
    Ok(exit_code(opened?))
}

fn create(path: &Path) -> Result<Arc<dyn Store>, CliError> {
    Ok(Arc::new(RedbStore::create(path)?))
}
