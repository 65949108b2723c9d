//! The service `shipping`: parcels that are booked or cancelled.

use serde_json::{Value, json};

use super::{Behavior, Refusal};
use crate::app::services::{
    message::Method,
    operation::{Field, Given, Kind, Operation, field},
    records::Records,
};

const PARCEL: &[Field] = &[
    field("id", Kind::Text, "Id of the parcel"),
    field("order", Kind::Text, "The order"),
    field("to", Kind::Text, "Where it goes"),
    field("state", Kind::Text, "`booked` or `cancelled`"),
];

const OPERATIONS: &[Operation] = &[
    Operation {
        id: "book",
        method: Method::Post,
        path: "/parcels",
        about: "Books a parcel for an order",
        status: 201,
        takes: &[
            field("order", Kind::Text, "the order"),
            field("to", Kind::Text, "where it goes"),
        ],
        returns: PARCEL,
        refusals: &[(409, "Nothing is shipped to `nowhere`")],
    },
    Operation {
        id: "getParcel",
        method: Method::Get,
        path: "/parcels/{id}",
        about: "Reads a parcel",
        status: 200,
        takes: &[],
        returns: PARCEL,
        refusals: &[(404, "No parcel has this id")],
    },
    Operation {
        id: "cancel",
        method: Method::Post,
        path: "/parcels/{id}/cancel",
        about: "Cancels a parcel; a cancelled one stays cancelled",
        status: 200,
        takes: &[],
        returns: PARCEL,
        refusals: &[(404, "No parcel has this id")],
    },
];

/// Parcels by id.
#[derive(Default)]
pub(in crate::app::services) struct Shipping(Records<Parcel>);

struct Parcel {
    id: String,
    order: String,
    to: String,
    is_cancelled: bool,
}

impl Parcel {
    fn json(&self) -> Value {
        let state = if self.is_cancelled {
            "cancelled"
        } else {
            "booked"
        };
        json!({ "id": self.id, "order": self.order, "to": self.to, "state": state })
    }
}

impl Behavior for Shipping {
    fn operations(&self) -> &'static [Operation] {
        OPERATIONS
    }

    fn perform(&mut self, operation: &str, given: &Given) -> Result<Value, Refusal> {
        if operation == "book" {
            return self.book(given);
        }
        let id = given.path(0);
        let parcel = self.0.get_mut(id);
        let parcel = parcel.ok_or_else(|| Refusal::unknown("parcel", id))?;
        parcel.is_cancelled |= operation == "cancel";
        Ok(parcel.json())
    }
}

impl Shipping {
    fn book(&mut self, given: &Given) -> Result<Value, Refusal> {
        let to = given.text("to");
        // A refusal that a score can ask for: a failure for good, which no retry helps.
        if to == "nowhere" {
            return Err(Refusal::conflict(
                "nothing is shipped to \"nowhere\"".into(),
            ));
        }
        let id = self.0.next_id("parcel");
        let parcel = Parcel {
            id: id.clone(),
            order: given.text("order").to_owned(),
            to: to.to_owned(),
            is_cancelled: false,
        };
        let booked = parcel.json();
        self.0.keep(&id, parcel);
        Ok(booked)
    }
}
