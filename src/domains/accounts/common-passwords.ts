// The passwords that are tried first, as far as they are long enough to pass otherwise: the commonest of a published list
// (common-passwords-zxcvbn.ts says whose), and those below, which are of this project and under its licence: keys that lie side by side, words
// of several languages, clubs, years. Short on purpose: sign-ins are limited, so what guards an account is that none of the first
// thousands of guesses fits.
import { commonPasswordsOfZxcvbn } from './common-passwords-zxcvbn.ts'

/** In lower case. */
export const commonPasswords: ReadonlySet<string> = new Set(
  `${commonPasswordsOfZxcvbn}
12345678 123456789 1234567890 12345678910 0123456789 123123123 123321123 12341234 11223344 1122334455 987654321
9876543210 87654321 88888888 11111111 00000000 147258369 159753456 741852963 789456123 456789123 123654789 147852369
12345679 1234567891 123456123 123456654321 12345612 11112222 12121212 20202020 69696969 99999999 1234567a a1234567
12345678a a12345678 1234567q q1234567 123456789a a123456789 123456789q 123qweasd 123qweasdzxc 1q2w3e4r 1q2w3e4r5t
1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 qazwsxedc qazwsx123 zaq12wsx zaq1zaq1 zaq1xsw2 q1w2e3r4 q1w2e3r4t5
qwe123qwe qweasdzxc qweqweqwe qweasd123 qwer1234 qwert123 qwert12345 qwerty12 qwerty123 qwerty1234 qwerty12345
qwertyui qwertyuiop qwertyuiop123 qwertz123 qwertzui qwertzuiop azertyuiop asdfghjk asdfghjkl asdf1234 asdfasdf
asd123asd zxcvbnm1 zxcvbnm123 abcd1234 abc12345 abc123456 abcdefgh abcdefghi abcdef123 a1b2c3d4 a1b2c3d4e5 aa123456
aa12345678 a123456a asdfgh123 password passwort password1 password2 password12 password123 password1234 password12345
password! password1! passw0rd p@ssword p@ssw0rd p@ssword1 p@ssw0rd1 pa$$word pa$$w0rd pass1234 pass12345 passpass
mypassword newpassword thepassword passwords password01 password11 password99 passwort1 passwort123 motdepasse
contraseña contrasena wachtwoord wachtwoord1 parola12 senha123 senha1234 administrator admin123 admin1234 admin12345
admin123456 adminadmin root1234 rootroot toortoor welcome1 welcome12 welcome123 welcome1234 willkommen willkommen1
bienvenue changeme changeme1 changeme123 letmein1 letmein123 letmeinnow iloveyou iloveyou1 iloveyou2 iloveyou123
iloveyou! ilovegod ilovejesus sunshine sunshine1 princess princess1 football football1 baseball baseball1 basketball
superman superman1 spiderman batman123 starwars starwars1 pokemon1 pokemon123 dragon123 monkey123 shadow123 master123
michael1 jennifer jennifer1 jessica1 charlie1 danielle samantha samsung1 samsung123 computer computer1 internet
internet1 whatever whatever1 trustno1 liverpool liverpool1 chelsea1 arsenal1 barcelona barcelona1 realmadrid juventus
manchester manutd123 schalke04 bayern123 ferrari1 mercedes porsche911 blink182 metallica slipknot1 nirvana1 eminem123
michelle elizabeth alexander alexandra sebastian christian christian1 benjamin nicholas jonathan veronica valentina
butterfly sweetheart chocolate chocolate1 strawberry snowball cupcakes rainbows diamonds lovelove loveyou1 loveyou2
lovely123 babygirl babygirl1 babyboy1 bubbles1 cheesecake december november1 october1 september february summer123
summer2023 summer2024 summer2025 summer2026 winter2023 winter2024 winter2025 winter2026 spring2024 spring2025
spring2026 autumn2024 autumn2025 autumn2026 hallo123 hallo1234 hello123 hello1234 helloworld hellohello test1234
test12345 testtest testing1 testing123 testpass tester123 user1234 username username1 guest1234 guestguest demo1234
default1 default123 temp1234 temppass secret123 topsecret access14 security security1 server123 oracle123 mysql123
postgres postgres1 database internet123 wireless samsung12 motorola1 blackberry minecraft minecraft1 fortnite
fortnite1 roblox123 freedom1 forever1 forever21 godisgood jesus123 jesuschrist blessed1 matthew1 anthony1 friends1
family123 mother123 maverick mustang1 corvette harley123 yankees1 cowboys1 lakers24 steelers steelers1 eagles123
qwaszx12 poiuytrewq lkjhgfdsa mnbvcxz1 ytrewq123 1234qwer 1234asdf 1234abcd 12qwaszx 12345qwert 12345qwe 123456qwe
123456qwerty 123abc123 123456abc 123456aa 123456as 123456ab 111222333 112233445566 101010101 102030405060 123454321
1234554321 135792468 147147147 159159159 159357456 192837465 246813579 314159265 321321321 369369369 456456456
5201314520 55555555 66666666 77777777 22222222 33333333 44444444 777888999 789789789 999888777 woaini1314 woaini520
asdfghjkl1 asdfghjkl123 zxcvbnm, correcthorsebatterystaple
`
    .trim()
    .split(/\s+/),
)
