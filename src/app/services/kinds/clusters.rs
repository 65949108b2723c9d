//! The service `clusters`: database clusters in cities, and replication between them.
//!
//! A cluster is created in steps. Each time its state is asked for, it is one step further, so that a
//! performance is the same at every tempo and in virtual time.

use serde_json::{Value, json};

use super::{Behavior, Refusal};
use crate::app::services::{
    message::Method,
    operation::{Field, Given, Kind, Operation, field},
    records::Records,
};

/// How often a new cluster is asked for its state until it is ready.
const STEPS: u64 = 4;

const CLUSTER: &[Field] = &[
    field("id", Kind::Text, "Id of the cluster"),
    field("city", Kind::Text, "Where it is"),
    field("state", Kind::Text, "`creating` or `ready`"),
    field(
        "progress",
        Kind::Integer,
        "How much of it is done, in percent",
    ),
];

const REPLICATION: &[Field] = &[
    field("id", Kind::Text, "Id of the replication"),
    field("from", Kind::Text, "The cluster that is copied"),
    field("to", Kind::Text, "The cluster that has the copy"),
    field("state", Kind::Text, "`replicating`"),
];

const OPERATIONS: &[Operation] = &[
    Operation {
        id: "createCluster",
        method: Method::Post,
        path: "/databases",
        about: "Begins to create a database cluster in a city",
        status: 201,
        takes: &[field("city", Kind::Text, "where it is created")],
        returns: CLUSTER,
        refusals: &[],
    },
    Operation {
        id: "listClusters",
        method: Method::Get,
        path: "/databases",
        about: "Lists all clusters; none of them gets further by that",
        status: 200,
        takes: &[],
        returns: &[field("clusters", Kind::Array, "All clusters")],
        refusals: &[],
    },
    Operation {
        id: "getCluster",
        method: Method::Get,
        path: "/databases/{id}",
        about: "Reads the state of a cluster, which is one step further each time",
        status: 200,
        takes: &[],
        returns: CLUSTER,
        refusals: &[(404, "No cluster has this id")],
    },
    Operation {
        id: "deleteCluster",
        method: Method::Delete,
        path: "/databases/{id}",
        about: "Deletes a cluster",
        status: 200,
        takes: &[],
        returns: CLUSTER,
        refusals: &[(404, "No cluster has this id")],
    },
    Operation {
        id: "replicate",
        method: Method::Post,
        path: "/replications",
        about: "Sets up replication between two clusters that are ready",
        status: 201,
        takes: &[
            field("from", Kind::Text, "id of the cluster that is copied"),
            field("to", Kind::Text, "id of the cluster that gets the copy"),
        ],
        returns: REPLICATION,
        refusals: &[
            (404, "No cluster has this id"),
            (409, "A cluster is not ready"),
        ],
    },
    Operation {
        id: "getReplication",
        method: Method::Get,
        path: "/replications/{id}",
        about: "Reads the state of a replication",
        status: 200,
        takes: &[],
        returns: REPLICATION,
        refusals: &[(404, "No replication has this id")],
    },
];

/// Clusters and replications by id.
#[derive(Default)]
pub(in crate::app::services) struct Clusters {
    clusters: Records<Cluster>,
    /// How many were created, by city: which ids the clusters of a city get does not depend on other cities.
    created: Records<u64>,
    replications: Records<Value>,
}

struct Cluster {
    id: String,
    city: String,
    done: u64,
}

impl Cluster {
    fn is_ready(&self) -> bool {
        self.done >= STEPS
    }

    fn json(&self) -> Value {
        let state = if self.is_ready() { "ready" } else { "creating" };
        json!({
            "id": self.id,
            "city": self.city,
            "state": state,
            "progress": self.done * 100 / STEPS,
        })
    }
}

impl Behavior for Clusters {
    fn operations(&self) -> &'static [Operation] {
        OPERATIONS
    }

    fn perform(&mut self, operation: &str, given: &Given) -> Result<Value, Refusal> {
        let id = given.path(0);
        match operation {
            "createCluster" => Ok(self.create(given.text("city"))),
            "listClusters" => {
                let all: Vec<_> = self.clusters.all().map(Cluster::json).collect();
                Ok(json!({ "clusters": all }))
            }
            "getCluster" => {
                let cluster = self.clusters.get_mut(id);
                let cluster = cluster.ok_or_else(|| Refusal::unknown("cluster", id))?;
                cluster.done = STEPS.min(cluster.done + 1);
                Ok(cluster.json())
            }
            "deleteCluster" => {
                let cluster = self.clusters.remove(id);
                let cluster = cluster.ok_or_else(|| Refusal::unknown("cluster", id))?;
                Ok(cluster.json())
            }
            "replicate" => self.replicate(given.text("from"), given.text("to")),
            _ => {
                let replication = self.replications.get(id).cloned();
                replication.ok_or_else(|| Refusal::unknown("replication", id))
            }
        }
    }
}

impl Clusters {
    fn create(&mut self, city: &str) -> Value {
        let name = name_in_id(city);
        let number = self.created.get(&name).map_or(1, |created| created + 1);
        self.created.keep(&name, number);
        let id = format!("{name}-{number}");
        let cluster = Cluster {
            id: id.clone(),
            city: city.to_owned(),
            done: 0,
        };
        let created = cluster.json();
        self.clusters.keep(&id, cluster);
        created
    }

    fn replicate(&mut self, from: &str, to: &str) -> Result<Value, Refusal> {
        for id in [from, to] {
            let cluster = self.clusters.get(id);
            let cluster = cluster.ok_or_else(|| Refusal::unknown("cluster", id))?;
            if !cluster.is_ready() {
                return Err(Refusal::conflict(format!("the cluster {id} is not ready")));
            }
        }
        let id = self.replications.next_id("replication");
        let replication = json!({ "id": id, "from": from, "to": to, "state": "replicating" });
        self.replications.keep(&id, replication.clone());
        Ok(replication)
    }
}

/// The name of a city as a part of an id, which goes into paths.
fn name_in_id(city: &str) -> String {
    let letters = city.chars().map(|c| match c.is_alphanumeric() {
        true => c.to_ascii_lowercase(),
        false => '-',
    });
    letters.collect()
}
