//! The words of the page in each language, in one table. They are HTML: `{{host}}` and the like stand for values.

/// A language of the page.
pub(super) struct Language {
    /// Its code (BCP 47), which also names its file.
    pub code: &'static str,
    /// Its own name.
    pub name: &'static str,
}

/// The languages, in the order of the columns of [`TEXTS`]. The first is served to visitors of every other language.
pub(super) const LANGUAGES: [Language; 4] = [
    Language { code: "en", name: "English" },
    Language { code: "de", name: "Deutsch" },
    Language { code: "fr", name: "Français" },
    Language { code: "zh", name: "中文" },
];

/// Each text by its name in the templates. Menus have the names that each system gives them in that language.
#[rustfmt::skip]
pub(super) const TEXTS: &[(&str, [&str; LANGUAGES.len()])] = &[
    ("title", [
        "Make this device trust {{host}}",
        "Damit dieses Gerät {{host}} vertraut",
        "Faire confiance à {{host}} sur cet appareil",
        "让此设备信任 {{host}}",
    ]),
    ("lede", [
        "{{host}} identifies itself with a certificate from a private certificate authority (CA), which browsers, git and Docker do not know. Install that CA once, and they connect without a warning.",
        "{{host}} weist sich mit einem Zertifikat einer privaten Zertifizierungsstelle (CA) aus, die Browser, git und Docker nicht kennen. Installieren Sie diese CA einmal, dann verbinden sie sich ohne Warnung.",
        "{{host}} s’identifie par un certificat d’une autorité de certification (CA) privée, que les navigateurs, git et Docker ne connaissent pas. Installez cette CA une seule fois : ils se connectent alors sans avertissement.",
        "{{host}} 使用私有证书颁发机构（CA）签发的证书，浏览器、git 和 Docker 并不认识它。只需安装一次该 CA，之后连接就不再出现警告。",
    ]),
    ("skip", ["Skip to the content", "Zum Inhalt springen", "Aller au contenu", "跳到正文"]),
    ("language", ["Language", "Sprache", "Langue", "语言"]),

    ("check_title", [
        "Does this browser trust {{host}}?",
        "Vertraut dieser Browser {{host}}?",
        "Ce navigateur fait-il confiance à {{host}} ?",
        "此浏览器是否信任 {{host}}？",
    ]),
    ("checking", [
        "Checking whether this browser trusts {{host}} …",
        "Es wird geprüft, ob dieser Browser {{host}} vertraut …",
        "Vérification : ce navigateur fait-il confiance à {{host}} ?",
        "正在检查此浏览器是否信任 {{host}}……",
    ]),
    ("trusted", [
        "This browser trusts {{host}}",
        "Dieser Browser vertraut {{host}}",
        "Ce navigateur fait confiance à {{host}}",
        "此浏览器信任 {{host}}",
    ]),
    ("trusted_more", [
        "Nothing is left to do for this browser. Git, Docker and other programs can need the steps below.",
        "Für diesen Browser ist nichts mehr zu tun. Git, Docker und andere Programme brauchen vielleicht die Schritte unten.",
        "Il ne reste rien à faire pour ce navigateur. Git, Docker et d’autres programmes peuvent demander les étapes ci-dessous.",
        "此浏览器无需其他操作。git、Docker 等程序可能仍需要下面的步骤。",
    ]),
    ("refused", [
        "This browser does not trust {{host}} yet",
        "Dieser Browser vertraut {{host}} noch nicht",
        "Ce navigateur ne fait pas encore confiance à {{host}}",
        "此浏览器尚不信任 {{host}}",
    ]),
    ("refused_more", [
        "Follow the three steps below. If you have done so, restart the browser. The check also fails if {{host}} cannot be reached, for example without the VPN.",
        "Folgen Sie den drei Schritten unten. Wenn Sie das schon getan haben, starten Sie den Browser neu. Die Prüfung schlägt auch fehl, wenn {{host}} nicht erreichbar ist, zum Beispiel ohne VPN.",
        "Suivez les trois étapes ci-dessous. Si c’est déjà fait, redémarrez le navigateur. La vérification échoue aussi si {{host}} est injoignable, par exemple sans VPN.",
        "请按下面三个步骤操作。如果已经完成，请重新启动浏览器。无法访问 {{host}} 时（例如未连接 VPN），检查也会失败。",
    ]),
    ("unknown", [
        "It is not known whether this browser trusts {{host}}",
        "Es ist nicht bekannt, ob dieser Browser {{host}} vertraut",
        "On ne sait pas si ce navigateur fait confiance à {{host}}",
        "尚不清楚此浏览器是否信任 {{host}}",
    ]),
    ("unknown_more", [
        "Open {{host}}: if the browser shows a warning, follow the three steps below.",
        "Öffnen Sie {{host}}: Wenn der Browser warnt, folgen Sie den drei Schritten unten.",
        "Ouvrez {{host}} : si le navigateur affiche un avertissement, suivez les trois étapes ci-dessous.",
        "请打开 {{host}}：如果浏览器显示警告，请按下面三个步骤操作。",
    ]),
    ("again", ["Check again", "Noch einmal prüfen", "Vérifier à nouveau", "重新检查"]),
    ("open", ["Open GitLab", "GitLab öffnen", "Ouvrir GitLab", "打开 GitLab"]),

    ("compare_title", ["Compare the fingerprint", "Fingerabdruck vergleichen", "Comparer l’empreinte", "核对指纹"]),
    ("compare_how", [
        "Ask your administrator for the fingerprint in another way: in person, by phone, on paper, or in a chat that you already trust. <strong>Go on only if all 64 digits are the same.</strong>",
        "Fragen Sie Ihre Administration auf einem anderen Weg nach dem Fingerabdruck: persönlich, am Telefon, auf Papier oder in einem Chat, dem Sie schon vertrauen. <strong>Fahren Sie nur fort, wenn alle 64 Stellen gleich sind.</strong>",
        "Demandez l’empreinte à votre administrateur par un autre moyen : en personne, par téléphone, sur papier ou dans une messagerie de confiance. <strong>Ne continuez que si les 64 caractères sont identiques.</strong>",
        "请通过其他途径向管理员索取指纹：当面、电话、纸质文件，或您已信任的聊天工具。<strong>只有 64 个字符全部相同时才能继续。</strong>",
    ]),
    ("compare_why", [
        "Why in another way? This page may have reached you over a connection that nothing protects, and then somebody on the way could have changed all of it. The step that counts is the last look: compare what your device shows when it installs the CA.",
        "Warum auf einem anderen Weg? Vielleicht kam diese Seite über eine ungeschützte Verbindung, auf der jemand alles an ihr ändern konnte. Entscheidend ist der letzte Blick: Vergleichen Sie, was Ihr Gerät beim Installieren der CA anzeigt.",
        "Pourquoi par un autre moyen ? Cette page a pu arriver par une connexion non protégée, sur laquelle quelqu’un pouvait tout y modifier. Le dernier coup d’œil est décisif : comparez ce que votre appareil affiche en installant la CA.",
        "为什么要通过其他途径？本页可能经由未受保护的连接到达，途中有人可能篡改其中任何内容。关键在于最后一步：核对设备安装 CA 时显示的指纹。",
    ]),
    ("now", ["In use now", "Jetzt in Gebrauch", "Utilisée actuellement", "当前使用"]),
    ("beside", ["Also used during the change", "Während des Wechsels auch in Gebrauch", "Utilisée aussi pendant le changement", "更换期间同时使用"]),
    ("copy", ["Copy", "Kopieren", "Copier", "复制"]),
    ("copied", ["Copied", "Kopiert", "Copié", "已复制"]),
    ("qr_what", ["The same fingerprint, to scan", "Derselbe Fingerabdruck zum Scannen", "La même empreinte, à scanner", "扫码查看同一指纹"]),
    ("until", ["Valid until", "Gültig bis", "Valable jusqu’au", "有效期至"]),
    ("scope", ["Can sign for", "Kann signieren für", "Peut signer pour", "可签发"]),
    ("scope_only", ["Can sign only for", "Kann nur signieren für", "Ne peut signer que pour", "仅可签发"]),
    ("scope_any", [
        "other servers too: install it only if you trust your administrator with that",
        "auch andere Server: installieren Sie sie nur, wenn Sie Ihrer Administration das anvertrauen",
        "d’autres serveurs aussi : installez-la seulement si vous l’accordez à votre administrateur",
        "也包括其他服务器：请仅在信任管理员时安装",
    ]),

    ("install_title", ["Install the CA", "CA installieren", "Installer la CA", "安装 CA"]),
    ("choose_device", ["Choose your system:", "Wählen Sie Ihr System:", "Choisissez votre système :", "请选择您的系统："]),
    ("this_device", ["For this device", "Für dieses Gerät", "Pour cet appareil", "适用于此设备"]),
    ("other_devices", ["For other devices", "Für andere Geräte", "Pour les autres appareils", "适用于其他设备"]),
    ("get_certificate", ["Download the certificate", "Zertifikat laden", "Télécharger le certificat", "下载证书"]),
    ("get_profile", ["Download the profile", "Profil laden", "Télécharger le profil", "下载描述文件"]),
    ("by_program", ["With labtrust", "Mit labtrust", "Avec labtrust", "使用 labtrust"]),
    ("by_script", ["With a script", "Mit einem Skript", "Avec un script", "使用脚本"]),
    ("programs", ["The program:", "Das Programm:", "Le programme :", "程序："]),
    ("program_how", [
        "One command serves the system, the browsers, Docker, Java and more, and checks each of them; without sudo, it serves your own stores alone. It compares the fingerprint itself. <code>{{untrust}}</code> takes everything back.",
        "Ein Befehl versorgt das System, die Browser, Docker, Java und mehr und prüft jedes davon; ohne sudo nur Ihre eigenen Speicher. Den Fingerabdruck vergleicht er selbst. <code>{{untrust}}</code> nimmt alles zurück.",
        "Une seule commande configure le système, les navigateurs, Docker, Java et d’autres, et vérifie chacun ; sans sudo, vos propres magasins seulement. Elle compare l’empreinte elle-même. <code>{{untrust}}</code> annule tout.",
        "一条命令即可配置系统、浏览器、Docker、Java 等，并逐一验证；不使用 sudo 时只配置您自己的证书存储。它会自行核对指纹。<code>{{untrust}}</code> 可撤销全部更改。",
    ]),

    ("windows_1", [
        "Open a command prompt in the folder of the download. This must print the fingerprint from step 1:",
        "Öffnen Sie eine Eingabeaufforderung im Ordner des Downloads. Das muss den Fingerabdruck aus Schritt 1 ausgeben:",
        "Ouvrez une invite de commandes dans le dossier du téléchargement. Ceci doit afficher l’empreinte de l’étape 1 :",
        "在下载文件夹中打开命令提示符。以下命令必须显示第 1 步的指纹：",
    ]),
    ("windows_2", [
        "Open the file: <b>Install Certificate</b> › <b>Local Machine</b> › <b>Place all certificates in the following store</b> › <b>Browse</b> › <b>Trusted Root Certification Authorities</b>.",
        "Öffnen Sie die Datei: <b>Zertifikat installieren</b> › <b>Lokaler Computer</b> › <b>Alle Zertifikate in folgendem Speicher speichern</b> › <b>Durchsuchen</b> › <b>Vertrauenswürdige Stammzertifizierungsstellen</b>.",
        "Ouvrez le fichier : <b>Installer un certificat</b> › <b>Ordinateur local</b> › <b>Placer tous les certificats dans le magasin suivant</b> › <b>Parcourir</b> › <b>Autorités de certification racines de confiance</b>.",
        "打开该文件：<b>安装证书</b> › <b>本地计算机</b> › <b>将所有的证书都放入下列存储</b> › <b>浏览</b> › <b>受信任的根证书颁发机构</b>。",
    ]),
    ("windows_script", [
        "For administrators: it does the same, checks it, and ends with a report. Compare the script’s SHA-256 with the one from your administrator, then run it in an elevated prompt:",
        "Für Administratoren: Es tut dasselbe, prüft es und endet mit einem Bericht. Vergleichen Sie den SHA-256 des Skripts mit dem von Ihrer Administration und starten Sie es dann als Administrator:",
        "Pour les administrateurs : il fait de même, le vérifie et finit par un rapport. Comparez le SHA-256 du script avec celui de votre administrateur, puis lancez-le en tant qu’administrateur :",
        "供管理员使用：执行相同操作、进行验证并输出报告。请先将脚本的 SHA-256 与管理员提供的值核对，再以管理员身份运行：",
    ]),
    ("windows_wsl", [
        "WSL has stores of its own: follow the steps for Linux inside WSL too.",
        "WSL hat eigene Speicher: Folgen Sie in WSL auch den Schritten für Linux.",
        "WSL a ses propres magasins : suivez aussi, dans WSL, les étapes pour Linux.",
        "WSL 有自己的证书存储：请在 WSL 中同样执行 Linux 的步骤。",
    ]),
    ("mac_1", [
        "Open the file, then <b>System Settings</b> › <b>General</b> › <b>Device Management</b> (before macOS 15: <b>Privacy &amp; Security</b> › <b>Profiles</b>). Double-click the profile and install it.",
        "Öffnen Sie die Datei, dann <b>Systemeinstellungen</b> › <b>Allgemein</b> › <b>Geräteverwaltung</b> (vor macOS 15: <b>Datenschutz &amp; Sicherheit</b> › <b>Profile</b>). Doppelklicken Sie auf das Profil und installieren Sie es.",
        "Ouvrez le fichier, puis <b>Réglages Système</b> › <b>Général</b> › <b>Gestion des appareils</b> (avant macOS 15 : <b>Confidentialité et sécurité</b> › <b>Profils</b>). Double-cliquez sur le profil et installez-le.",
        "打开该文件，然后进入<b>系统设置</b> › <b>通用</b> › <b>设备管理</b>（macOS 15 之前：<b>隐私与安全性</b> › <b>描述文件</b>）。连按该描述文件并安装。",
    ]),
    ("mac_2", [
        "In <b>Keychain Access</b> › <b>System</b>, open the CA and compare its SHA-256 with step 1. If this page still says no, set <b>Trust</b> › <b>Always Trust</b> there.",
        "Öffnen Sie in <b>Schlüsselbundverwaltung</b> › <b>System</b> die CA und vergleichen Sie ihren SHA-256 mit Schritt 1. Sagt diese Seite weiter nein, wählen Sie dort <b>Vertrauen</b> › <b>Immer vertrauen</b>.",
        "Dans <b>Trousseaux d’accès</b> › <b>Système</b>, ouvrez la CA et comparez son SHA-256 avec l’étape 1. Si cette page dit toujours non, choisissez-y <b>Se fier</b> › <b>Toujours approuver</b>.",
        "在<b>钥匙串访问</b> › <b>系统</b>中打开该 CA，将其 SHA-256 与第 1 步核对。如果本页仍显示不信任，请在其中选择<b>信任</b> › <b>始终信任</b>。",
    ]),
    ("linux_script", [
        "It needs nothing else. Compare the script’s SHA-256 with the one from your administrator before you run it:",
        "Es braucht sonst nichts. Vergleichen Sie den SHA-256 des Skripts mit dem von Ihrer Administration, bevor Sie es starten:",
        "Il n’a besoin de rien d’autre. Comparez le SHA-256 du script avec celui de votre administrateur avant de le lancer :",
        "脚本无需其他依赖。运行前请将脚本的 SHA-256 与管理员提供的值核对：",
    ]),
    ("linux_pem", ["The certificate as PEM:", "Das Zertifikat als PEM:", "Le certificat en PEM :", "PEM 格式的证书："]),
    ("ios_1", [
        "Open this page in Safari, and allow the download of the profile.",
        "Öffnen Sie diese Seite in Safari und erlauben Sie das Laden des Profils.",
        "Ouvrez cette page dans Safari et autorisez le téléchargement du profil.",
        "在 Safari 中打开本页，并允许下载描述文件。",
    ]),
    ("ios_2", [
        "<b>Settings</b> › <b>General</b> › <b>VPN &amp; Device Management</b>: open the profile. Compare the fingerprint under <b>More Details</b> with step 1, then install it.",
        "<b>Einstellungen</b> › <b>Allgemein</b> › <b>VPN und Geräteverwaltung</b>: Öffnen Sie das Profil. Vergleichen Sie den Fingerabdruck unter <b>Mehr Details</b> mit Schritt 1, dann installieren Sie es.",
        "<b>Réglages</b> › <b>Général</b> › <b>VPN et gestion de l’appareil</b> : ouvrez le profil. Comparez l’empreinte sous <b>Plus de détails</b> avec l’étape 1, puis installez-le.",
        "<b>设置</b> › <b>通用</b> › <b>VPN 与设备管理</b>：打开该描述文件。将<b>更多详细信息</b>中的指纹与第 1 步核对，然后安装。",
    ]),
    ("ios_3", [
        "<b>Settings</b> › <b>General</b> › <b>About</b> › <b>Certificate Trust Settings</b>: switch the CA on.",
        "<b>Einstellungen</b> › <b>Allgemein</b> › <b>Info</b> › <b>Zertifikatsvertrauenseinstellungen</b>: Schalten Sie die CA ein.",
        "<b>Réglages</b> › <b>Général</b> › <b>Informations</b> › <b>Réglages des certificats</b> : activez la CA.",
        "<b>设置</b> › <b>通用</b> › <b>关于本机</b> › <b>证书信任设置</b>：启用该 CA。",
    ]),
    ("android_1", [
        "<b>Settings</b> › <b>Security &amp; privacy</b> › <b>More security settings</b> › <b>Encryption &amp; credentials</b> › <b>Install a certificate</b> › <b>CA certificate</b> › <b>Install anyway</b>: choose the downloaded file.",
        "<b>Einstellungen</b> › <b>Sicherheit und Datenschutz</b> › <b>Weitere Sicherheitseinstellungen</b> › <b>Verschlüsselung und Anmeldedaten</b> › <b>Zertifikat installieren</b> › <b>CA-Zertifikat</b> › <b>Trotzdem installieren</b>: Wählen Sie die geladene Datei.",
        "<b>Paramètres</b> › <b>Sécurité et confidentialité</b> › <b>Autres paramètres de sécurité</b> › <b>Chiffrement et identifiants</b> › <b>Installer un certificat</b> › <b>Certificat CA</b> › <b>Installer quand même</b> : choisissez le fichier téléchargé.",
        "<b>设置</b> › <b>安全和隐私</b> › <b>更多安全设置</b> › <b>加密与凭据</b> › <b>安装证书</b> › <b>CA 证书</b> › <b>仍然安装</b>：选择下载的文件。",
    ]),
    ("android_2", [
        "In the same place, under <b>Trusted credentials</b> › <b>User</b>, open the CA and compare its SHA-256 with step 1. Remove it if it differs.",
        "Öffnen Sie ebenda unter <b>Vertrauenswürdige Anmeldedaten</b> › <b>Nutzer</b> die CA und vergleichen Sie ihren SHA-256 mit Schritt 1. Entfernen Sie sie, wenn er anders ist.",
        "Au même endroit, sous <b>Certificats de confiance</b> › <b>Utilisateur</b>, ouvrez la CA et comparez son SHA-256 avec l’étape 1. Supprimez-la s’il est différent.",
        "在同一位置的<b>信任的凭据</b> › <b>用户</b>中打开该 CA，将其 SHA-256 与第 1 步核对。如果不同，请将其删除。",
    ]),
    ("android_note", [
        "Chrome then trusts it. Firefox does after <b>Settings</b> › <b>About Firefox</b>, five taps on the logo, and <b>Secret Settings</b> › <b>Use third party CA certificates</b>. Most apps do not.",
        "Chrome vertraut ihr dann. Firefox erst nach <b>Einstellungen</b> › <b>Über Firefox</b>, fünfmal auf das Logo tippen, und <b>Geheime Einstellungen</b> › <b>CA-Zertifikate von Drittanbietern verwenden</b>. Die meisten Apps tun es nicht.",
        "Chrome lui fait alors confiance. Firefox aussi après <b>Paramètres</b> › <b>À propos de Firefox</b>, cinq appuis sur le logo, puis <b>Paramètres secrets</b> › <b>Utiliser des certificats CA tiers</b>. La plupart des applications non.",
        "之后 Chrome 会信任它。Firefox 需要：<b>设置</b> › <b>关于 Firefox</b>，连点徽标五次，再进入<b>秘密设置</b> › <b>使用第三方 CA 证书</b>。大多数应用不会信任。",
    ]),

    ("finish_title", ["Check", "Prüfen", "Vérifier", "检查"]),
    ("finish_how", [
        "Restart the browser, open this page again, and <a href=\"#check\">look at the check</a>.",
        "Starten Sie den Browser neu, öffnen Sie diese Seite wieder und <a href=\"#check\">sehen Sie sich die Prüfung an</a>.",
        "Redémarrez le navigateur, rouvrez cette page et <a href=\"#check\">regardez la vérification</a>.",
        "重新启动浏览器，再次打开本页，并<a href=\"#check\">查看检查结果</a>。",
    ]),
    ("finish_terminal", [
        "In a terminal: <code>{{doctor}}</code> names what does not work yet, and how to repair it.",
        "Im Terminal: <code>{{doctor}}</code> nennt, was noch nicht geht und wie es zu beheben ist.",
        "Dans un terminal : <code>{{doctor}}</code> nomme ce qui ne marche pas encore et comment le réparer.",
        "在终端中：<code>{{doctor}}</code> 会指出尚未正常工作的部分及修复方法。",
    ]),
    ("footer", [
        "This page contains certificates alone, never a key. It loads nothing from elsewhere and counts nobody.",
        "Diese Seite enthält nur Zertifikate, niemals einen Schlüssel. Sie lädt nichts von anderswo und zählt niemanden.",
        "Cette page ne contient que des certificats, jamais de clé. Elle ne charge rien d’ailleurs et ne compte personne.",
        "本页只包含证书，绝不包含密钥。它不从其他地方加载任何内容，也不统计访客。",
    ]),
    ("footer_check", [
        "Its one request, for the check, goes to {{host}}.",
        "Ihre eine Anfrage, für die Prüfung, geht an {{host}}.",
        "Son unique requête, pour la vérification, va à {{host}}.",
        "仅有的一次请求用于检查，发送到 {{host}}。",
    ]),
    ("address", ["This page:", "Diese Seite:", "Cette page :", "本页："]),
];
