//! The store: whether its instances can be read, and whether any of them has stalled.

use serde_json::json;

use super::finding::{Finding, Rating};
use crate::{
    app::control_socket::SearchRequest,
    cli::{
        CliError, StoreArgs,
        source::{Access, Source},
    },
    engine::{InstanceSummary, Runs, Search, Status},
};

const NAME: &str = "store";

/// Reads the open instances of the store, or asks the program that has it open.
pub(super) fn check(store: &StoreArgs) -> Finding {
    match is_there(store) {
        Ok(true) => rate(store.source(Access::Read).and_then(open_instances)),
        Ok(false) => rate(Ok(Vec::new())),
        Err(error) => rate(Err(error)),
    }
}

fn is_there(store: &StoreArgs) -> Result<bool, CliError> {
    Ok(store.file()?.is_some_and(|file| file.exists()))
}

fn open_instances(source: Source) -> Result<Vec<InstanceSummary>, CliError> {
    let search = Search {
        statuses: vec![Status::Running, Status::Suspended, Status::Stalled],
        runs: Runs::Latest,
        ..Search::default()
    };
    source.search(&SearchRequest {
        search,
        limit: None,
    })
}

fn rate(open: Result<Vec<InstanceSummary>, CliError>) -> Finding {
    match open {
        Ok(open) => {
            let stalled = open
                .iter()
                .filter(|instance| instance.status == Status::Stalled);
            rate_open(open.len(), stalled.count())
        }
        Err(error) => Finding {
            name: NAME,
            rating: Rating::Bad,
            figure: error.to_string(),
            remedy: "Choose another store with --store; `fermata verify` says what is damaged.",
            data: json!({}),
        },
    }
}

fn rate_open(open: usize, stalled: usize) -> Finding {
    let stalled_words = match stalled {
        0 => "none stalled".to_owned(),
        stalled => format!("{stalled} stalled"),
    };
    Finding {
        name: NAME,
        rating: Rating::at_most(stalled, 0, usize::MAX),
        figure: format!("{open} open instances, {stalled_words}"),
        remedy: "A stalled instance no longer matches its score: in the window, E shows where they part. Bring \
                 the earlier score back, or terminate it.",
        data: json!({ "open": open, "stalled": stalled }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stalled_instance_is_usable_at_best_and_comes_with_a_remedy() {
        assert!(rate_open(3, 0).is_good());
        let stalled = rate_open(3, 1);
        assert!(!stalled.is_good() && !stalled.is_bad());
        assert_eq!(stalled.figure, "3 open instances, 1 stalled");
        assert!(stalled.remedy.contains("Bring the earlier score back"));
    }
}
