//! What the component does with the host's resources.

use std::cell::{Cell, RefCell};

use crate::Component;
use crate::exports::tidegate::values::bank::Guest;
use crate::tidegate::values::ledger::{self, Account};

thread_local! {
    static KEPT: RefCell<Option<Account>> = const { RefCell::new(None) };
    static CALLED_BACK: Cell<u32> = const { Cell::new(0) };
}

impl Guest for Component {
    fn open(owner: String) -> Account {
        Account::new(&owner)
    }

    fn keep(account: Account) {
        KEPT.replace(Some(account));
    }

    fn take() -> Option<Account> {
        KEPT.take()
    }

    fn inspect(account: &Account) -> String {
        format!("{}: {}", account.owner(), account.balance())
    }

    fn pass_on(source: &Account, target: &Account, amount: u64) -> Result<(), String> {
        ledger::transfer(source, target, amount)
    }

    fn drop_kept() -> bool {
        KEPT.take().is_some()
    }

    fn tour() -> Vec<String> {
        let mut seen = Vec::new();
        let ada = Account::new("Ada");
        let bob = Account::new("Bob");
        seen.push(format!("{} and {}", ada.owner(), bob.owner()));
        seen.push(format!("deposit {:?}", ada.deposit(100)));
        seen.push(format!("deposit {:?}", ada.deposit(0)));
        seen.push(format!("transfer {:?}", ledger::transfer(&ada, &bob, 30)));
        seen.push(format!("transfer {:?}", ledger::transfer(&ada, &bob, 1000)));
        seen.push(format!("balances {} {}", ada.balance(), bob.balance()));
        seen.push(format!("same {} {}", ada.is_same(&ada), ada.is_same(&bob)));
        match Account::find("Ada") {
            Ok(found) => seen.push(format!("found {} {}", found.owner(), found.balance())),
            Err(problem) => seen.push(format!("not found: {problem}")),
        }
        match Account::find("Eve") {
            Ok(found) => seen.push(format!("found {}", found.owner())),
            Err(problem) => seen.push(format!("not found: {problem}")),
        }
        let merged = ledger::merge(vec![ada, bob]);
        seen.push(format!("merged {} {}", merged.owner(), merged.balance()));
        seen.push(format!("closed {}", ledger::close(merged)));
        seen
    }

    fn call_back(text: String) -> u32 {
        CALLED_BACK.set(0);
        ledger::notify(&text);
        CALLED_BACK.get()
    }

    fn called_back() {
        CALLED_BACK.set(CALLED_BACK.get() + 1);
    }
}
