//! The service `payment`: charges of orders, and their refunds.

use serde_json::{Value, json};

use super::{Behavior, Refusal};
use crate::app::services::{
    message::Method,
    operation::{Field, Given, Kind, Operation, field},
    records::Records,
};

/// The highest amount that a card is charged with.
const MAX_AMOUNT: u64 = 10_000;

const CHARGE: &[Field] = &[
    field("id", Kind::Text, "Id of the charge"),
    field("order", Kind::Text, "The order"),
    field("amount", Kind::Integer, "The amount in euros"),
    field("state", Kind::Text, "`charged` or `refunded`"),
];

const OPERATIONS: &[Operation] = &[
    Operation {
        id: "charge",
        method: Method::Post,
        path: "/charges",
        about: "Charges the card of an order",
        status: 201,
        takes: &[
            field("order", Kind::Text, "the order"),
            field("amount", Kind::Integer, "the amount in euros"),
        ],
        returns: CHARGE,
        refusals: &[(402, "The card is declined: the amount is too high")],
    },
    Operation {
        id: "getCharge",
        method: Method::Get,
        path: "/charges/{id}",
        about: "Reads a charge",
        status: 200,
        takes: &[],
        returns: CHARGE,
        refusals: &[(404, "No charge has this id")],
    },
    Operation {
        id: "refund",
        method: Method::Post,
        path: "/charges/{id}/refund",
        about: "Refunds a charge; a refunded one stays refunded",
        status: 200,
        takes: &[],
        returns: CHARGE,
        refusals: &[(404, "No charge has this id")],
    },
];

/// Charges by id.
#[derive(Default)]
pub(in crate::app::services) struct Payment(Records<Charge>);

struct Charge {
    id: String,
    order: String,
    amount: u64,
    is_refunded: bool,
}

impl Charge {
    fn json(&self) -> Value {
        let state = if self.is_refunded {
            "refunded"
        } else {
            "charged"
        };
        json!({ "id": self.id, "order": self.order, "amount": self.amount, "state": state })
    }
}

impl Behavior for Payment {
    fn operations(&self) -> &'static [Operation] {
        OPERATIONS
    }

    fn perform(&mut self, operation: &str, given: &Given) -> Result<Value, Refusal> {
        if operation == "charge" {
            return self.charge(given);
        }
        let id = given.path(0);
        let charge = self.0.get_mut(id);
        let charge = charge.ok_or_else(|| Refusal::unknown("charge", id))?;
        charge.is_refunded |= operation == "refund";
        Ok(charge.json())
    }
}

impl Payment {
    fn charge(&mut self, given: &Given) -> Result<Value, Refusal> {
        let amount = given.whole("amount");
        if amount > MAX_AMOUNT {
            return Err(Refusal {
                status: 402,
                detail: format!("the card is declined: {amount} is more than {MAX_AMOUNT}"),
            });
        }
        let id = self.0.next_id("charge");
        let charge = Charge {
            id: id.clone(),
            order: given.text("order").to_owned(),
            amount,
            is_refunded: false,
        };
        let charged = charge.json();
        self.0.keep(&id, charge);
        Ok(charged)
    }
}
