import csv
import gzip
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text import language
from moderation.text.language import is_supported, load, primary, unsupported_language

any_text = st.text(st.characters(codec=None, categories=None), max_size=200)

COMMENTS = {
    "de": (
        "Ich finde den Artikel sehr gelungen, vielen Dank dafür. Mein Großvater hat uns früher oft davon erzählt.",
        "Das stimmt so leider nicht ganz. Die Zahlen in der zweiten Tabelle sind schon lange überholt.",
        "Warum schreibt eigentlich niemand über die Leute auf dem Land? Dort war das Leben viel schwerer.",
        "du hast echt keine ahnung wovon du redest. lies erst mal ein buch bevor du hier kommentierst",
    ),
    "fr": (
        "Merci pour cet article, je l'ai lu avec beaucoup de plaisir. Ma grand-mère racontait la même histoire.",
        "Je ne suis pas du tout d'accord avec vous. Les chiffres que vous donnez datent de l'année dernière.",
        "Pourquoi personne ne parle des gens de la campagne ? Leur vie était pourtant bien plus difficile.",
        "franchement tu racontes n'importe quoi. va lire un livre avant de venir commenter ici",
    ),
    "es": (
        "Muchas gracias por el artículo, me ha gustado mucho. Mi abuelo nos contaba siempre la misma historia.",
        "No estoy de acuerdo con lo que dice usted. Las cifras de la segunda tabla son del año pasado.",
        "¿Por qué nadie habla de la gente del campo? Allí la vida era mucho más dura que en la ciudad.",
        "no tienes ni idea de lo que hablas tio. lee un libro antes de venir a comentar aqui",
    ),
    "it": (
        "Grazie mille per questo articolo, l'ho letto con piacere. Mio nonno ci raccontava sempre la stessa storia.",
        "Non sono affatto d'accordo con quello che scrive. I numeri della seconda tabella sono ormai vecchi.",
        "Perché nessuno parla mai della gente di campagna? La loro vita era molto più dura che in città.",
        "ma che cosa stai dicendo, non sai niente. leggi almeno un libro prima di commentare qui",
    ),
    "nl": (
        "Bedankt voor dit mooie artikel, ik heb het met plezier gelezen. Mijn opa vertelde ons vroeger hetzelfde.",
        "Ik ben het helemaal niet met u eens. De cijfers in de tweede tabel zijn al lang verouderd.",
        "Waarom schrijft niemand over de mensen op het platteland? Daar was het leven toch veel zwaarder.",
        "je hebt echt geen idee waar je het over hebt. lees eerst eens een boek voordat je hier reageert",
    ),
    "pt": (
        "Muito obrigado pelo artigo, gostei bastante de ler. O meu avô contava sempre a mesma história em casa.",
        "Não concordo nada com aquilo que escreveu. Os números da segunda tabela já são do ano passado.",
        "Por que ninguém fala das pessoas do interior? A vida delas era muito mais difícil do que na cidade.",
        "voce nao sabe do que esta falando cara. leia um livro antes de vir comentar aqui",
    ),
    "pl": (
        "Dziękuję za ten artykuł, czytałem go z dużą przyjemnością. Mój dziadek często nam o tym opowiadał.",
        "Zupełnie się z panem nie zgadzam. Liczby w drugiej tabeli są już od dawna nieaktualne.",
        "Dlaczego nikt nie pisze o ludziach ze wsi? Ich życie było przecież o wiele trudniejsze.",
        "nie masz pojecia o czym mowisz czlowieku. przeczytaj najpierw jakas ksiazke zanim cos napiszesz",
    ),
    "ru": (
        "Спасибо за статью, прочитал с большим удовольствием. Мой дедушка часто рассказывал нам об этом.",
        "Я с вами совершенно не согласен. Цифры во второй таблице давно уже устарели.",
        "Почему никто не пишет о людях в деревне? Их жизнь была намного тяжелее, чем в городе.",
        "ты вообще не понимаешь о чем говоришь. почитай сначала книгу а потом пиши сюда",
    ),
    "uk": (
        "Дякую за статтю, прочитав її з великим задоволенням. Мій дідусь часто розповідав нам про це.",
        "Я з вами зовсім не погоджуюся. Цифри у другій таблиці вже давно застаріли.",
        "Чому ніхто не пише про людей у селі? Їхнє життя було набагато важчим, ніж у місті.",
        "ти взагалі не розумієш про що говориш. почитай спочатку книжку а потім пиши сюди",
    ),
    "tr": (
        "Bu güzel yazı için çok teşekkür ederim, keyifle okudum. Dedem de bize hep aynı hikâyeyi anlatırdı.",
        "Yazdıklarınıza hiç katılmıyorum. İkinci tablodaki sayılar çoktan eskimiş durumda.",
        "Neden kimse köydeki insanlardan söz etmiyor? Onların hayatı şehirdekinden çok daha zordu.",
        "sen ne dedigini bilmiyorsun kardesim. buraya yorum yazmadan once biraz kitap oku",
    ),
    "ar": (
        "شكرا جزيلا على هذا المقال الجميل، قرأته باهتمام كبير. كان جدي يحكي لنا دائما القصة نفسها.",
        "لا أتفق معك على الإطلاق. الأرقام في الجدول الثاني قديمة منذ زمن طويل.",
        "لماذا لا يكتب أحد عن الناس في القرى؟ كانت حياتهم أصعب بكثير من حياة المدينة.",
        "أنت لا تعرف عما تتحدث يا رجل. اقرأ كتابا واحدا قبل أن تعلق هنا",
    ),
    "zh": (
        "非常感谢您写的这篇文章，我读得津津有味。我的祖父以前经常给我们讲同样的故事，到现在我还记得很清楚，也常常讲给自己的孩子们听，希望他们以后也不要忘记。",
        "我完全不同意您的看法。第二张表里的数字早就已经过时了，去年出版的那本书里有更新的统计，建议您先去图书馆查一查再来写文章，不然会误导很多读者。",
        "为什么从来没有人写乡下人的生活呢？那时候他们的日子比城里人难得多，吃不饱也穿不暖，可是报纸上几乎看不到他们的名字，大家好像都已经把他们忘了。",
        "你根本不知道自己在说什么。先去读几本书再来这里发表评论吧，不要每次都在网上乱讲，大家都看得出来你什么都不懂，真的很浪费我们的时间，也让人很生气。",
    ),
    "ja": (
        "素晴らしい記事をありがとうございます、とても楽しく読ませていただきました。祖父も昔、同じ話を何度も聞かせてくれたので、なつかしい気持ちになりました。",
        "あなたの意見にはまったく賛成できません。二番目の表にある数字は、もうずいぶん前に古くなっていますから、まず新しい資料を調べてから書いてください。",
        "どうして誰も田舎の人たちのことを書かないのでしょうか。町で暮らす人よりも、ずっと苦しい生活をしていたのに、今ではほとんど忘れられてしまいました。",
        "何を言っているのか全然わかっていないですね。ここにコメントを書く前に、まず本を一冊くらい読んでからにしてくださいと、みんなが思っていますよ。",
    ),
}


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in COMMENTS.items() for text in texts])
def test_ordinary_foreign_comment_is_recognised(code, text):
    assert unsupported_language(text, ("en",)) == code


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in COMMENTS.items() for text in texts])
def test_foreign_comment_is_fine_where_its_language_is_supported(code, text):
    assert unsupported_language(text, ("en", code)) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("да", "ru"),
        ("你好", "zh"),
        ("そう", "ja"),
        ("漢字とかな", "ja"),
        ("ㅋㅋㅋ", "ko"),
        ("네 맞아요", "ko"),
        ("ναι", "el"),
        ("כן", "he"),
        ("نعم", "ar"),
        ("हाँ", "hi"),
        ("ใช่", "th"),
        ("ok да конечно", "ru"),
        ("https://example.com/a/long/english/path да", "ru"),
        ("@somebody Привет", "ru"),
    ],
)
def test_another_script_is_recognised_at_any_length(text, code):
    assert unsupported_language(text, ("en",)) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n",
        "👍👍🏿 🎉 ❤️",
        "?!... --- ***",
        "12345 + 678 = 6923",
        "ok",
        "no",
        "lol lmao rofl",
        "hahahahahahaha hahahaha hahahahahahaha",
        "AHAHAHAHA omg noooooooooo",
        "YOU ARE ALL IDIOTS AND YOU KNOW IT VERY WELL",
        "y0u 4r3 4n 1d10t 4nd 3v3ry0n3 kn0w5 1t",
        "f.u.c.k y.o.u",
        "Donald Trump, Angela Merkel, Emmanuel Macron, Vladimir Putin",
        "Tchaikovsky Rachmaninoff Shostakovich Prokofiev Stravinsky",
        "Bundesverfassungsgericht",
        "c'est la vie my friend",
        "smh tbh idk fr fr no cap ngl",
        "finna be lit bruh u aint even kno dis for real",
        "he be workin all day and dey aint payin him nothin",
        "def main(args): return sys.exit(0)",
        "SELECT * FROM users WHERE id = 1;",
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit",
        "https://de.wikipedia.org/wiki/Bundesverfassungsgericht_der_Bundesrepublik_Deutschland",
        "@vielen_dank @fuer_alles #immer_wieder_gerne #schoen_dass_es_euch_gibt",
        "¯\\_(ツ)_/¯",
        "ಠ_ಠ",
        "(づ｡◕‿‿◕｡)づ",
        "π and μ are Greek letters",
        "The Russian word for peace and world is мир, which every reader of Tolstoy knows.",
        "\ud800\udfff\x00",
    ],
)
def test_what_may_be_english_is_left_alone(text):
    assert unsupported_language(text, ("en",)) is None


@pytest.mark.parametrize(
    ("text", "supported"),
    [
        ("Привет", ("ru",)),
        ("Привет", ("uk",)),  # two letters more and it could be either
        ("OK lol, Windows", ("ru",)),
        ("Ово је Србија", ("hr",)),
        ("漢字", ("ja",)),
        (COMMENTS["pt"][0], ("gsw",)),  # not known to the detector, so nothing else is sure
        (COMMENTS["de"][0], ()),
    ],
)
def test_what_may_be_supported_is_left_alone(text, supported):
    assert unsupported_language(text, supported) is None


@pytest.mark.parametrize(
    ("text", "supported", "code"),
    [
        (COMMENTS["uk"][0], ("ru",), "uk"),
        (COMMENTS["ja"][0], ("zh",), "ja"),
        (COMMENTS["de"][0], ("fr", "nl"), "de"),
        ("I read this with interest, and I told my neighbour about it.", ("de",), "en"),
        ("I read this with interest, and I told my neighbour about it.", ("ru",), "en"),
    ],
)
def test_neighbouring_languages_are_told_apart(text, supported, code):
    assert unsupported_language(text, supported) == code


@pytest.mark.parametrize("supported", [("de",), ("DE",), ("de-AT",), ("de_CH.UTF-8",), ("en-US", "De-de")])
def test_supported_languages_are_compared_by_their_first_part(supported):
    assert unsupported_language(COMMENTS["de"][0], supported) is None


@pytest.mark.parametrize(
    ("code", "supported", "answer"),
    [
        ("en-US", ("en",), True),
        ("EN", ("en-GB",), True),
        ("nb-NO", ("no",), True),
        ("iw", ("he",), True),
        ("eng", ("en",), False),
        ("de", ("en",), False),
        ("", ("en",), False),
    ],
)
def test_declared_language_is_compared_by_its_first_part(code, supported, answer):
    assert is_supported(code, supported) is answer


def test_primary_is_the_language_of_a_tag():
    assert [primary(tag) for tag in ("en-US", " ZH_hant_TW", "nn")] == ["en", "zh", "no"]


@pytest.mark.parametrize("tag", ["", "-", "x", "english", "<b>", "日本", "\ud800", "e" * 10_000])
def test_what_is_no_tag_is_an_undetermined_language(tag):
    assert primary(tag) == "und"


def test_detector_is_loaded_once_by_many_threads():
    language._load_detector.cache_clear()
    texts = list(chain.from_iterable(COMMENTS.values())) * 4

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda text: unsupported_language(text, ("en",)), texts))

    load()
    assert answers == [unsupported_language(text, ("en",)) for text in texts]
    assert language._load_detector.cache_info().misses == 1


@given(any_text)
def test_any_text_has_a_short_code_or_none(text):
    code = unsupported_language(text, ("en",))

    assert code is None or 2 <= len(code) <= 3


def test_at_most_one_natural_english_comment_in_a_thousand_is_called_foreign(shared):
    csv.field_size_limit(2**31)
    with gzip.open(shared / "data" / "train.csv.gz", "rt", newline="") as rows:
        natural = [row["text"] for row in csv.DictReader(rows) if row["natural"] == "True"]

    foreign = sum(unsupported_language(text, ("en",)) is not None for text in natural)

    assert len(natural) > 10_000
    assert foreign <= len(natural) / 1000
