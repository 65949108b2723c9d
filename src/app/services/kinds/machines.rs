//! The service `machines`: a fleet of virtual machines.

use serde_json::{Value, json};

use super::{Behavior, Refusal};
use crate::app::services::{
    message::Method,
    operation::{Field, Given, Kind, Operation, field},
    records::Records,
};

const MACHINE: &[Field] = &[
    field("vm", Kind::Text, "Name of the machine"),
    field("state", Kind::Text, "`provisioned` or `installed`"),
    field("version", Kind::Text, "What is installed, or `none`"),
];

const UNKNOWN: (u16, &str) = (404, "No machine has this name");

const OPERATIONS: &[Operation] = &[
    Operation {
        id: "provision",
        method: Method::Post,
        path: "/vms",
        about: "Provisions a machine; one of that name is replaced",
        status: 201,
        takes: &[field("vm", Kind::Text, "name of the machine")],
        returns: MACHINE,
        refusals: &[],
    },
    Operation {
        id: "listMachines",
        method: Method::Get,
        path: "/vms",
        about: "Lists all machines",
        status: 200,
        takes: &[],
        returns: &[field("vms", Kind::Array, "All machines")],
        refusals: &[],
    },
    Operation {
        id: "install",
        method: Method::Put,
        path: "/vms/{vm}/software",
        about: "Installs a version on a machine",
        status: 200,
        takes: &[field("version", Kind::Text, "the version")],
        returns: MACHINE,
        refusals: &[UNKNOWN],
    },
    Operation {
        id: "check",
        method: Method::Get,
        path: "/vms/{vm}/health",
        about: "Checks a machine: it is healthy once something is installed",
        status: 200,
        takes: &[],
        returns: &[
            field("vm", Kind::Text, "Name of the machine"),
            field("healthy", Kind::Boolean, "Whether it can work"),
            field("version", Kind::Text, "What is installed, or `none`"),
        ],
        refusals: &[UNKNOWN],
    },
    Operation {
        id: "remove",
        method: Method::Delete,
        path: "/vms/{vm}",
        about: "Removes a machine",
        status: 200,
        takes: &[],
        returns: MACHINE,
        refusals: &[UNKNOWN],
    },
];

/// Machines by name.
#[derive(Default)]
pub(in crate::app::services) struct Machines(Records<Machine>);

struct Machine {
    vm: String,
    version: Option<String>,
}

impl Machine {
    fn json(&self) -> Value {
        let state = match self.version {
            Some(_) => "installed",
            None => "provisioned",
        };
        json!({ "vm": self.vm, "state": state, "version": self.version() })
    }

    fn version(&self) -> &str {
        self.version.as_deref().unwrap_or("none")
    }
}

impl Behavior for Machines {
    fn operations(&self) -> &'static [Operation] {
        OPERATIONS
    }

    fn perform(&mut self, operation: &str, given: &Given) -> Result<Value, Refusal> {
        match operation {
            "provision" => return Ok(self.provision(given.text("vm"))),
            "listMachines" => {
                let all: Vec<_> = self.0.all().map(Machine::json).collect();
                return Ok(json!({ "vms": all }));
            }
            _ => {}
        }
        let vm = given.path(0);
        let unknown = || Refusal::unknown("machine", vm);
        if operation == "remove" {
            return Ok(self.0.remove(vm).ok_or_else(unknown)?.json());
        }
        let machine = self.0.get_mut(vm).ok_or_else(unknown)?;
        if operation == "install" {
            machine.version = Some(given.text("version").to_owned());
            return Ok(machine.json());
        }
        Ok(json!({
            "vm": machine.vm,
            "healthy": machine.version.is_some(),
            "version": machine.version(),
        }))
    }
}

impl Machines {
    fn provision(&mut self, vm: &str) -> Value {
        let machine = Machine {
            vm: vm.to_owned(),
            version: None,
        };
        let provisioned = machine.json();
        self.0.keep(vm, machine);
        provisioned
    }
}
