//! The words with which banks head their columns, in the languages of most of them.

use deunicode::deunicode;

/// What a column holds. Of several columns of one meaning that with the smallest rank is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Date(u8),
    Amount,
    Debit,
    Credit,
    Mark,
    Text(u8),
    Payee,
    Currency,
    Id,
    Check,
}

const WORDS: &[(Meaning, &[&str])] = &[
    (
        Meaning::Date(0),
        &[
            "posting date",
            "posted date",
            "post date",
            "date posted",
            "posted",
            "booking date",
            "booked",
            "buchungstag",
            "buchungsdatum",
            "buchung",
            "fecha contable",
            "date de comptabilisation",
            "boekdatum",
            "datum uitvoering",
        ],
    ),
    (
        Meaning::Date(1),
        &[
            "date",
            "datum",
            "fecha",
            "data",
            "dato",
            "date operation",
            "date de l operation",
            "fecha operacion",
        ],
    ),
    (
        Meaning::Date(2),
        &[
            "transaction date",
            "trans date",
            "trans. date",
            "tran date",
            "date of transaction",
            "started date",
        ],
    ),
    (
        Meaning::Date(3),
        &[
            "value date",
            "valuta",
            "valutadatum",
            "wertstellung",
            "date valeur",
            "completed date",
            "effective date",
        ],
    ),
    (
        Meaning::Amount,
        &[
            "amount",
            "transaction amount",
            "betrag",
            "umsatz",
            "importe",
            "montant",
            "valor",
            "bedrag",
            "importo",
            "belop",
            "net amount",
            "value",
            "amount in account currency",
        ],
    ),
    (
        Meaning::Debit,
        &[
            "debit",
            "debit amount",
            "debits",
            "withdrawal",
            "withdrawals",
            "withdrawal amount",
            "paid out",
            "money out",
            "out",
            "soll",
            "belastung",
            "lastschrift",
            "cargo",
            "cargos",
            "debe",
            "addebiti",
            "dare",
            "charges",
            "spent",
        ],
    ),
    (
        Meaning::Credit,
        &[
            "credit",
            "credit amount",
            "credits",
            "deposit",
            "deposits",
            "deposit amount",
            "paid in",
            "money in",
            "in",
            "haben",
            "gutschrift",
            "abono",
            "abonos",
            "haber",
            "accrediti",
            "avere",
            "received",
        ],
    ),
    (
        Meaning::Mark,
        &[
            "debit credit",
            "credit debit",
            "debit or credit",
            "credit or debit",
            "dr cr",
            "cr dr",
            "dc",
            "cd",
            "soll haben",
            "credit debit indicator",
            "af bij",
            "debit/credit",
            "transaction type",
            "type",
        ],
    ),
    (
        Meaning::Text(0),
        &[
            "description",
            "transaction description",
            "details",
            "transaction details",
            "narrative",
            "particulars",
            "verwendungszweck",
            "concepto",
            "libelle",
            "omschrijving",
            "descrizione",
            "beskrivelse",
            "descricao",
            "historico",
            "reference text",
            "remittance information",
            "mededelingen",
        ],
    ),
    (
        Meaning::Text(1),
        &["memo", "buchungstext", "text", "transaction", "note", "notes", "reference", "title"],
    ),
    (
        Meaning::Payee,
        &[
            "payee",
            "merchant",
            "merchant name",
            "name",
            "counterparty",
            "beneficiary",
            "auftraggeber",
            "empfanger",
            "beguenstigter zahlungspflichtiger",
            "auftraggeber empfanger",
            "name zahlungsbeteiligter",
            "payee name",
            "naam omschrijving",
            "zahlungsempfanger",
        ],
    ),
    (
        Meaning::Currency,
        &[
            "currency",
            "currency code",
            "ccy",
            "wahrung",
            "waehrung",
            "devise",
            "moneda",
            "valuta code",
            "munt",
        ],
    ),
    (Meaning::Id, &["transaction id", "fitid", "unique id", "transaction identifier", "transaction number"]),
    (
        Meaning::Check,
        &["check number", "check", "cheque number", "cheque", "check or slip", "chq no", "check no"],
    ),
];

/// A column's name in small letters without accents, marks and what stands in brackets.
fn normalised(name: &str) -> String {
    let plain = deunicode(name).to_ascii_lowercase();
    let plain = plain.split('(').next().unwrap_or_default();
    let words = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// What a column of this name holds, where that is known.
pub(super) fn meaning(name: &str) -> Option<Meaning> {
    if name.chars().count() > 60 {
        return None;
    }
    let name = normalised(name);
    WORDS.iter().find(|(_, words)| words.contains(&name.as_str())).map(|(meaning, _)| *meaning)
}

/// Whether a word means money into the account, or out of it; nothing for other words.
pub(super) fn money_in(word: &str) -> Option<bool> {
    match normalised(word).as_str() {
        "credit" | "cr" | "c" | "crdt" | "h" | "haben" | "bij" | "in" | "deposit" => Some(true),
        "debit" | "dr" | "d" | "dbit" | "s" | "soll" | "af" | "out" | "withdrawal" => Some(false),
        _ => match word.trim() {
            "+" => Some(true),
            "-" => Some(false),
            _ => None,
        },
    }
}
