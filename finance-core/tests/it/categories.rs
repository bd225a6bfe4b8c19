//! Categories: rules, memory, a categoriser of the host's that may misbehave, and workers that pull.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use finance_core::conformance::samples::{row, row_id, user};
use finance_core::conformance::{BankChange, ProviderFixture, SampleBooks};
use finance_core::*;

/// How a model behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Answers,
    Fails,
    Hangs,
    Panics,
    AnswersTooFew,
    AnswersNonsense,
}

/// Calls every row `Model`, unless it misbehaves.
struct Model {
    manner: Mutex<Manner>,
    calls: AtomicUsize,
    rows: AtomicUsize,
}

impl Model {
    fn new(manner: Manner) -> Arc<Self> {
        Arc::new(Self { manner: Mutex::new(manner), calls: AtomicUsize::new(0), rows: AtomicUsize::new(0) })
    }

    fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// Calls and rows so far.
    fn asked(&self) -> (usize, usize) {
        (self.calls.load(Ordering::SeqCst), self.rows.load(Ordering::SeqCst))
    }
}

fn assigned(category: &str, source: &str) -> AssignedCategory {
    AssignedCategory { category: category.to_owned(), confidence: None, source: source.to_owned() }
}

#[async_trait]
impl Categorizer for Model {
    fn name(&self) -> &str {
        "model"
    }

    async fn categorize(
        &self,
        batch: &[CategoryQuestion],
    ) -> Result<Vec<Option<AssignedCategory>>, CategorizerError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.rows.fetch_add(batch.len(), Ordering::SeqCst);
        let mut answers = vec![Some(assigned("Model", "model")); batch.len()];
        let manner = *self.manner.lock().unwrap();
        match manner {
            Manner::Answers => {}
            Manner::Fails => return Err(CategorizerError::new(CategorizerErrorKind::Unavailable, "down")),
            Manner::Hangs => std::future::pending().await,
            Manner::Panics => panic!("a model's fault"),
            Manner::AnswersTooFew => answers.truncate(batch.len() - 1),
            Manner::AnswersNonsense => answers[0] = Some(assigned("", "model")),
        }
        Ok(answers)
    }
}

fn shop(id: &str, merchant: &str) -> ProviderTransaction {
    let description = format!("{merchant} {id}").into();
    ProviderTransaction { merchant_name: Some(merchant.into()), description, ..row(id, "a", "-5.00") }
}

fn rule(text: &str, category: &str) -> CategoryRule {
    CategoryRule {
        text_contains: Some(text.to_owned()),
        category: category.to_owned(),
        ..CategoryRule::default()
    }
}

/// Books with a way to bring rows and to look at their categories.
struct World {
    books: SampleBooks,
    engine: SyncEngine,
}

impl World {
    async fn new(policy: CategoryPolicy, model: Option<Arc<Model>>) -> Self {
        let options = EngineOptions { categories: policy, ..EngineOptions::default() };
        let books = SampleBooks::with(options).await;
        let engine = match model {
            Some(model) => books.engine.with_categorizer(model),
            None => books.engine.clone(),
        };
        Self { books, engine }
    }

    async fn bring(&self, row: ProviderTransaction) {
        self.books.provider.change(&self.books.sign_in, BankChange::Add(row)).await;
    }

    async fn sync(&self) {
        let request = SyncRequest::new(SyncScope::All);
        let report = self.engine.sync_transactions(&self.books.user, &request).await.unwrap();
        assert!(report.is_complete());
    }

    async fn row(&self, id: &str) -> Transaction {
        let query = TransactionQuery { limit: 1_000, ..TransactionQuery::default() };
        let rows = self.engine.transactions(&self.books.user, &query).await.unwrap();
        rows.into_iter().find(|row| row.provider.id == row_id(id)).unwrap()
    }

    async fn choose(&self, id: &str, category: Option<&str>) {
        let edit =
            TransactionEdit { category: Some(category.map(str::to_owned)), ..TransactionEdit::default() };
        let row = self.row(id).await.id;
        self.engine.edit_transaction(&self.books.user, row, &edit).await.unwrap();
    }

    /// The category of a row, and who gave it.
    async fn category(&self, id: &str) -> Option<(String, String)> {
        let row = self.row(id).await;
        let source = match (&row.edits.category, &row.assigned) {
            (Some(_), _) => "user",
            (None, Some(assigned)) => &assigned.source,
            (None, None) => "provider",
        };
        Some((row.category()?.to_owned(), source.to_owned()))
    }

    async fn assert_category(&self, id: &str, expected: &str) {
        let found = self.category(id).await.map(|(category, source)| format!("{category} by {source}"));
        assert_eq!(found.as_deref().unwrap_or("none"), expected, "{id}");
    }

    async fn backlog(&self) -> CategoryBacklog {
        self.engine.category_backlog(&self.books.user).await.unwrap()
    }
}

fn backlog(fresh: u64, passed_on: u64, given_up: u64) -> CategoryBacklog {
    CategoryBacklog { fresh, passed_on, given_up }
}

#[tokio::test]
async fn rules_come_before_memory_and_memory_before_the_model() {
    let model = Model::new(Manner::Answers);
    let world = World::new(CategoryPolicy::default(), Some(model.clone())).await;
    world.sync().await;
    assert_eq!(model.asked(), (1, 4));
    world.assert_category("t0", "Model by model").await;

    world.bring(shop("s1", "Café Kléber")).await;
    world.sync().await;
    world.choose("s1", Some("Coffee")).await;
    world.engine.set_category_rules(&world.books.user, &[rule("kleber R", "Ruled")]).await.unwrap();
    world.bring(shop("s2", "CAFE KLEBER")).await;
    world.bring(shop("r1", "Café Kléber")).await;
    world.bring(shop("x1", "Elsewhere")).await;
    world.sync().await;
    world.assert_category("s1", "Coffee by user").await;
    world.assert_category("s2", "Coffee by memory").await;
    world.assert_category("r1", "Ruled by rule").await;
    world.assert_category("x1", "Model by model").await;
    assert_eq!(world.row("s2").await.assigned.unwrap().confidence, Some(72));
    assert_eq!(model.asked(), (3, 6));
    assert_eq!(world.backlog().await, backlog(0, 0, 0));
}

#[tokio::test]
async fn a_correction_is_learned_for_later_rows_and_unlearned_when_taken_back() {
    let world = World::new(CategoryPolicy::default(), None).await;
    world.bring(shop("s1", "Shop")).await;
    world.bring(shop("s2", "Shop")).await;
    world.sync().await;
    world.choose("s1", Some("Food")).await;
    world.bring(shop("s3", "Shop")).await;
    let back = shop("s4", "Shop");
    world.bring(ProviderTransaction { amount: back.amount.negated(), ..back }).await;
    world.sync().await;
    // Rows of before are not rewritten, and money that comes is another matter than money that goes.
    world.assert_category("s2", "none").await;
    world.assert_category("s3", "Food by memory").await;
    world.assert_category("s4", "none").await;

    world.choose("s1", None).await;
    world.bring(shop("s5", "Shop")).await;
    world.sync().await;
    world.assert_category("s5", "none").await;
    world.assert_category("s3", "Food by memory").await;
}

#[tokio::test]
async fn the_users_choice_survives_the_provider_and_the_model() {
    let model = Model::new(Manner::Answers);
    let world = World::new(CategoryPolicy::default(), Some(model)).await;
    let pending = ProviderTransaction { pending: true, ..shop("p", "Shop") };
    world.bring(pending).await;
    world.sync().await;
    world.assert_category("p", "Model by model").await;
    world.choose("p", Some("Mine")).await;
    let category = ProviderCategory {
        primary: "TRAVEL".to_owned(),
        detailed: "TRAVEL_FLIGHTS".to_owned(),
        confidence: None,
        version: Some("v2".to_owned()),
    };
    let posted = ProviderTransaction {
        pending_id: Some(row_id("p")),
        category: Some(Arc::new(category.clone())),
        ..shop("s", "Shop")
    };
    world.books.provider.change(&world.books.sign_in, BankChange::Remove(row_id("p"))).await;
    world.bring(posted.clone()).await;
    world.sync().await;
    let edited = ProviderTransaction { description: "SOMETHING ELSE".into(), ..posted };
    world.books.provider.change(&world.books.sign_in, BankChange::Modify(edited)).await;
    world.sync().await;
    world.engine.categorize_now(&world.books.user).await.unwrap();
    world.assert_category("s", "Mine by user").await;
    assert_eq!(world.row("s").await.provider.category.as_deref(), Some(&category));
    world.choose("s", None).await;
    world.assert_category("s", "Model by model").await;
}

#[tokio::test]
async fn a_model_that_fails_fails_no_sync_and_is_asked_again_later() {
    for manner in [Manner::Fails, Manner::Panics, Manner::AnswersTooFew, Manner::AnswersNonsense] {
        let model = Model::new(manner);
        let world = World::new(CategoryPolicy::default(), Some(model.clone())).await;
        world.bring(shop("s1", "Shop")).await;
        world.sync().await;
        world.choose("s1", Some("Known")).await;
        assert_eq!(model.asked().0, 1);
        assert_eq!(world.backlog().await, backlog(0, 5, 0));

        // Syncs leave it alone for a while; rules and memory go on meanwhile.
        world.bring(shop("s2", "Shop")).await;
        world.sync().await;
        assert_eq!(model.asked().0, 1);
        world.assert_category("s2", "Known by memory").await;

        model.behave(Manner::Answers);
        world.books.clock.advance(TimeDelta::minutes(5));
        world.sync().await;
        world.assert_category("t1", "Model by model").await;
        assert_eq!(world.backlog().await, backlog(0, 0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_hangs_holds_a_sync_up_no_longer_than_stated() {
    let model = Model::new(Manner::Hangs);
    let policy = CategoryPolicy { batch: 1, ..CategoryPolicy::default() };
    let world = World::new(policy.clone(), Some(model.clone())).await;
    let start = tokio::time::Instant::now();
    world.sync().await;
    assert_eq!(start.elapsed(), policy.time_per_batch);
    assert_eq!((model.asked(), world.backlog().await), ((1, 1), backlog(0, 4, 0)));
    let error = world.engine.categorize_now(&world.books.user).await.unwrap().error.unwrap();
    assert_eq!(error.kind(), CategorizerErrorKind::TooSlow);

    let model = Model::new(Manner::Hangs);
    let policy = CategoryPolicy { time_after_sync: Duration::from_secs(3), ..policy };
    let world = World::new(policy, Some(model)).await;
    let start = tokio::time::Instant::now();
    world.sync().await;
    assert_eq!(start.elapsed(), Duration::from_secs(3));

    let model = Model::new(Manner::Hangs);
    let never = CategoryPolicy { time_after_sync: Duration::ZERO, ..CategoryPolicy::default() };
    let world = World::new(never, Some(model.clone())).await;
    world.sync().await;
    assert_eq!(model.asked(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_sync_dropped_while_it_categorises_loses_nothing() {
    let model = Model::new(Manner::Hangs);
    let world = World::new(CategoryPolicy::default(), Some(model.clone())).await;
    world.bring(shop("s1", "Shop")).await;
    let request = SyncRequest::new(SyncScope::All);
    let sync = world.engine.sync_transactions(&world.books.user, &request);
    assert!(tokio::time::timeout(Duration::from_secs(1), sync).await.is_err());
    assert_eq!(world.row("s1").await.assigned, None);
    assert_eq!(world.backlog().await, backlog(0, 5, 0));
    model.behave(Manner::Answers);
    world.books.clock.advance(TimeDelta::minutes(10));
    world.sync().await;
    world.assert_category("s1", "Model by model").await;
}

#[tokio::test]
async fn rows_that_fail_too_often_are_given_up_until_somebody_asks_for_them() {
    let model = Model::new(Manner::Fails);
    let world = World::new(CategoryPolicy::default(), Some(model.clone())).await;
    for _ in 0..8 {
        world.sync().await;
        world.books.clock.advance(TimeDelta::hours(6));
    }
    assert_eq!((model.asked().0, world.backlog().await), (5, backlog(0, 0, 4)));
    model.behave(Manner::Answers);
    let report = world.engine.categorize_now(&world.books.user).await.unwrap();
    assert_eq!((report.by_categorizer, report.backlog), (4, backlog(0, 0, 0)));
}

#[tokio::test]
async fn categorising_now_without_a_model_leaves_the_rest_for_one() {
    let policy = CategoryPolicy { batch: 3, ..CategoryPolicy::default() };
    let world = World::new(policy, None).await;
    let rules = [rule("row t0", "Zero"), rule("ROW T3", "Three"), rule("row", "")];
    let error = world.engine.set_category_rules(&world.books.user, &rules).await.unwrap_err();
    assert_eq!(*error.kind(), SyncErrorKind::InvalidInput);
    world.engine.set_category_rules(&world.books.user, &rules[..2]).await.unwrap();
    let report = world.engine.categorize_now(&world.books.user).await.unwrap();
    assert_eq!((report.by_rules, report.unanswered, report.backlog), (2, 2, backlog(0, 4, 0)));
    world.assert_category("t3", "Three by rule").await;

    let report = world.engine.categorize_now(&user("bob")).await.unwrap();
    assert_eq!((report.by_rules, report.unanswered, report.backlog), (0, 0, backlog(0, 0, 0)));
    let entries = world.books.store.audit_entries(&world.books.user, 0, 100).await.unwrap();
    let set = entries.iter().filter(|entry| entry.action == "category_rules_set").count();
    world.engine.set_category_rules(&world.books.user, &rules[..2]).await.unwrap();
    assert_eq!(
        (set, world.books.store.audit_head(&world.books.user).await.unwrap().number),
        (1, entries.len() as u64)
    );
}

#[tokio::test]
async fn a_worker_is_asked_only_what_rules_and_memory_do_not_know() {
    let world = World::new(CategoryPolicy::default(), None).await;
    let anna = &world.books.user;
    world.engine.set_category_rules(anna, &[rule("row t1", "One")]).await.unwrap();
    let (own, bobs) = (CategoryScope::User(anna.clone()), CategoryScope::User(user("bob")));
    assert_eq!(world.engine.claim_uncategorised(&bobs, 100).await.unwrap(), None);

    let claim = world.engine.claim_uncategorised(&own, 100).await.unwrap().unwrap();
    world.assert_category("t1", "One by rule").await;
    let ids: Vec<_> = claim.questions.iter().map(|question| question.transaction).collect();
    assert_eq!(ids, [world.row("t0").await.id, world.row("t2").await.id, world.row("t3").await.id]);
    let answer = |transaction| CategoryAnswer { transaction, assigned: assigned("Worked", "worker") };
    let stolen = world.engine.apply_categories(&bobs, claim.id, vec![answer(ids[0])]).await;
    assert_eq!(*stolen.unwrap_err().kind(), SyncErrorKind::Store(StoreErrorKind::Conflict));

    // A worker too slow: its rows are somebody else's by now.
    world.books.clock.advance(TimeDelta::minutes(10));
    let second = world.engine.claim_uncategorised(&CategoryScope::AllUsers, 100).await.unwrap().unwrap();
    assert_eq!(second.questions, claim.questions);
    let late = world.engine.apply_categories(&own, claim.id, vec![answer(ids[0])]).await;
    assert_eq!(*late.unwrap_err().kind(), SyncErrorKind::Store(StoreErrorKind::Conflict));
    let answers = vec![answer(ids[0])];
    assert_eq!(world.engine.apply_categories(&CategoryScope::AllUsers, second.id, answers).await.unwrap(), 1);
    world.assert_category("t0", "Worked by worker").await;
    world.assert_category("t3", "none").await;
    assert_eq!(world.engine.claim_uncategorised(&own, 100).await.unwrap(), None);
    assert_eq!(world.engine.claim_uncategorised(&own, 0).await.unwrap(), None);
}

/// What rules and memory say about a row, given the user's choices, the latest first.
mod decisions {
    use super::*;

    fn question(text: &str, name: Option<&str>, id: Option<&str>, amount: &str) -> CategoryQuestion {
        let usd = Currency::iso("USD").unwrap();
        let amount = parse_amount(amount).unwrap();
        CategoryQuestion {
            user: user("anna"),
            transaction: TransactionId::new(1),
            text: text.into(),
            original_text: None,
            merchant_name: name.map(Into::into),
            merchant_id: id.map(Into::into),
            merchant_category_code: None,
            direction: MoneyDirection::of(amount),
            amount: Money::new(amount, usd),
            account_kind: AccountKind::Checking,
            date: "2026-03-01".parse().unwrap(),
            provider_category: None,
        }
    }

    fn choice(question: &CategoryQuestion, category: &str) -> CategoryChoice {
        CategoryChoice {
            transaction: question.transaction,
            category: category.to_owned(),
            text: question.text.clone(),
            merchant_name: question.merchant_name.clone(),
            merchant_id: question.merchant_id.clone(),
            direction: question.direction,
        }
    }

    fn by_memory(choices: &[CategoryChoice], question: &CategoryQuestion) -> Option<(String, u8)> {
        let decide = RulesAndMemory::new(user("anna"), Vec::new(), choices, MemoryPolicy::default());
        decide.answer(question).map(|answer| (answer.category, answer.confidence.unwrap()))
    }

    #[test]
    fn memory_is_as_sure_as_choices_are_many_and_agree() {
        let shop = question("SHOP 12", Some("Shop"), Some("m1"), "-5");
        let by_name = question("ELSE", Some("SHOP"), None, "-9");
        let by_text = question("Shop 0815", None, None, "-9");
        let coming = question("SHOP 12", Some("Shop"), Some("m1"), "5");
        let other = question("MARKET", Some("Market"), Some("m2"), "-5");
        for (choices, id, name, text) in [
            ("", None, None, None),
            ("A", Some(("A", 75)), Some(("A", 72)), Some(("A", 70))),
            ("A A", Some(("A", 85)), Some(("A", 82)), Some(("A", 80))),
            ("A A A A A", Some(("A", 95)), Some(("A", 92)), Some(("A", 90))),
            ("A B", None, None, None),
            ("A A B", None, None, None),
            ("B A A A", Some(("A", 67)), Some(("A", 64)), Some(("A", 62))),
            ("B A A A A A A A A A", Some(("A", 85)), Some(("A", 82)), Some(("A", 80))),
            // What was chosen last counts.
            (
                "B B B B B B B B B B A A A A A A A A A A A A",
                Some(("B", 95)),
                Some(("B", 92)),
                Some(("B", 90)),
            ),
        ] {
            let choices: Vec<_> =
                choices.split_whitespace().map(|category| choice(&shop, category)).collect();
            let found = [&shop, &by_name, &by_text].map(|question| by_memory(&choices, question));
            let expected = [id, name, text].map(|it| it.map(|(category, sure)| (category.to_owned(), sure)));
            assert_eq!(found, expected, "{choices:?}");
            assert_eq!(by_memory(&choices, &coming), None);
            assert_eq!(by_memory(&choices, &other), None);
        }
    }

    #[test]
    fn the_text_tells_apart_what_one_merchant_has_in_common() {
        let books = question("AMZN BOOKS", None, Some("amazon"), "-5");
        let music = question("AMZN MUSIC", None, Some("amazon"), "-5");
        let choices = [choice(&books, "Books"), choice(&music, "Music")];
        assert_eq!(by_memory(&choices, &books), Some(("Books".to_owned(), 70)));
        assert_eq!(by_memory(&choices, &music), Some(("Music".to_owned(), 70)));
        assert_eq!(by_memory(&choices, &question("AMZN", None, Some("amazon"), "-5")), None);
    }

    #[test]
    fn a_text_that_names_nobody_teaches_nothing() {
        for text in ["TRANSFER", "Online Transfer 0815", "ATM WITHDRAWAL 12/03", "4711", "CHECK 1027", ""] {
            let plain = question(text, None, None, "-5");
            assert_eq!(by_memory(&[choice(&plain, "Rent")], &plain), None, "{text}");
        }
        let blank = question("SHOP", None, None, "-5");
        assert_eq!(by_memory(&[choice(&blank, " ")], &blank), None);
        let named = question("TRANSFER TO LANDLORD", None, None, "-5");
        assert_eq!(by_memory(&[choice(&named, "Rent")], &named), Some(("Rent".to_owned(), 70)));
    }

    #[test]
    fn equal_texts_of_two_known_merchants_have_nothing_in_common() {
        let one = question("CARD SHOPPING", Some("One"), None, "-5");
        let two = question("CARD SHOPPING", Some("Two"), Some("m2"), "-5");
        let unknown = question("CARD SHOPPING", None, None, "-5");
        assert_eq!(by_memory(&[choice(&one, "A")], &two), None);
        assert_eq!(by_memory(&[choice(&one, "A")], &unknown), Some(("A".to_owned(), 70)));
        assert_eq!(by_memory(&[choice(&unknown, "A")], &two), Some(("A".to_owned(), 70)));
    }

    #[test]
    fn another_users_row_is_not_decided() {
        let row = question("SHOP", None, None, "-5");
        let decide = RulesAndMemory::new(
            user("bob"),
            vec![rule("shop", "X")],
            &[choice(&row, "X")],
            MemoryPolicy::default(),
        );
        assert_eq!(decide.answer(&row), None);
    }

    fn money(amount: &str, currency: &str) -> Option<Money> {
        Some(Money::new(parse_amount(amount).unwrap(), Currency::iso(currency).unwrap()))
    }

    #[test]
    fn a_rule_holds_where_everything_holds_that_it_names() {
        let mut row = question("POS Müller Bäckerei", Some("Müller"), Some("m-1"), "-12.50");
        row.original_text = Some("CARD 1234 MUELLER".into());
        let plain = CategoryRule { category: "C".to_owned(), ..CategoryRule::default() };
        let text = |text: &str| CategoryRule { text_contains: Some(text.to_owned()), ..plain.clone() };
        let merchant = |name: &str| CategoryRule { merchant: Some(name.to_owned()), ..plain.clone() };
        let amount = |at_least, at_most| CategoryRule { at_least, at_most, ..plain.clone() };
        let direction = |direction| CategoryRule { direction: Some(direction), ..text("muller") };
        let kind = |kind| CategoryRule { account_kind: Some(kind), ..plain.clone() };
        for (rule, holds) in [
            (text("BACKER"), true),
            (text(" card 1234 "), true),
            (text("Muller B"), true),
            (text("baker"), false),
            (merchant("MULLER"), true),
            (merchant("m-1"), true),
            (merchant("M-1"), false),
            (merchant("Mull"), false),
            (amount(money("12.5", "USD"), None), true),
            (amount(money("12.51", "USD"), None), false),
            (amount(None, money("12.50", "USD")), true),
            (amount(money("0", "USD"), money("12.49", "USD")), false),
            (amount(money("1", "EUR"), None), false),
            (direction(MoneyDirection::Out), true),
            (direction(MoneyDirection::In), false),
            (kind(AccountKind::Checking), true),
            (kind(AccountKind::Savings), false),
        ] {
            assert_eq!(check_rules(std::slice::from_ref(&rule)), Ok(()));
            let decide = RulesAndMemory::new(user("anna"), vec![rule.clone()], &[], MemoryPolicy::default());
            assert_eq!(decide.answer(&row).is_some(), holds, "{rule:?}");
        }
        // The first that holds decides.
        let rules =
            vec![text("nowhere"), CategoryRule { category: "First".to_owned(), ..text("pos") }, text("pos")];
        let decide = RulesAndMemory::new(user("anna"), rules, &[], MemoryPolicy::default());
        assert_eq!(decide.answer(&row).unwrap().category, "First");
    }

    #[test]
    fn rules_that_cannot_be_kept_are_named() {
        let good = rule("x", "X");
        let of = |change: &dyn Fn(&mut CategoryRule)| {
            let mut bad = good.clone();
            change(&mut bad);
            check_rules(&[good.clone(), bad])
        };
        assert_eq!(of(&|_| {}), Ok(()));
        assert_eq!(of(&|rule| rule.text_contains = None), Err(InvalidRule::NoCondition(1)));
        for change in [
            &(|rule: &mut CategoryRule| rule.text_contains = Some(" ".to_owned()))
                as &dyn Fn(&mut CategoryRule),
            &|rule| rule.text_contains = Some("'".to_owned()),
            &|rule| rule.text_contains = Some("x".repeat(RULE_TEXT_CHARS_MAX + 1)),
            &|rule| rule.merchant = Some(String::new()),
            &|rule| rule.category = "  ".to_owned(),
            &|rule| rule.category = "x".repeat(CATEGORY_CHARS_MAX + 1),
        ] {
            assert!(matches!(of(change), Err(InvalidRule::Text { place: 1, .. })));
        }
        for (least, most) in [
            (money("-1", "USD"), None),
            (money("2", "USD"), money("1", "USD")),
            (money("1", "USD"), money("2", "EUR")),
        ] {
            let changed = of(&|rule| (rule.at_least, rule.at_most) = (least.clone(), most.clone()));
            assert_eq!(changed, Err(InvalidRule::Amounts(1)));
        }
        let many = vec![good.clone(); CATEGORY_RULES_MAX + 1];
        assert_eq!(check_rules(&many), Err(InvalidRule::TooMany(CATEGORY_RULES_MAX + 1)));
    }
}

#[tokio::test]
async fn rules_reach_rows_that_nobody_knew() {
    let books = SampleBooks::new().await;
    let (engine, anna) = (&books.engine, &books.user);
    engine.categorize_now(anna).await.unwrap();
    let rule = CategoryRule {
        text_contains: Some("row t2".to_owned()),
        category: "Food".to_owned(),
        ..CategoryRule::default()
    };
    engine.set_category_rules(anna, &[rule]).await.unwrap();
    books.provider.change(&books.sign_in, BankChange::Add(row("late", "a", "-5.00"))).await;
    engine.sync_transactions(anna, &SyncRequest::new(SyncScope::All)).await.unwrap();
    let rows = engine.transactions(anna, &TransactionQuery::default()).await.unwrap();
    let assigned: Vec<&str> =
        rows.iter().filter(|row| row.category() == Some("Food")).map(|row| row.name()).collect();
    assert_eq!(assigned, ["ROW t2"]);
}
