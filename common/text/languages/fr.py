numbered = """lun mar mer jeu ven sam dim janv févr avr juil sept oct nov déc vol art sec sing hab
  inf max min env réf pp arts ch bât esc appt dép civ crim soc com ord"""
abbreviations = "pers st ste mgr me no j.-c cass gén adm univ hôp coll trad réf rés dir qté"
introduces = "p.ex m mm mme mlle dr cf"
starters = """Le La Les Un Une Des Il Ils Elle Elles On Je Nous Vous Ce Cet Cette Ces Cela Ça Si Et
  Mais Ou Où Que Qui Quand Comment Pour Dans En Au Aux À Avec Sans Sur Puis Voulez Son Sa Ses Votre
  Vos Leur Tout Tous Merci Après Avant Alors Ainsi Est Sont Faut Pourquoi Depuis Ensuite Voici Voilà
  Oui Non Aussi Chez Chaque Plus Pas"""
phrases = """un lien vers {}|du code {}|du code|un tableau de {} colonnes|un tableau|une image|point
  |arobase|fait : {}"""
signs = """& et|+ plus|= égale|× fois|÷ divisé par|± plus ou moins|≈ environ|≠ différent de|★ étoiles
  |< inférieur à|> supérieur à|≤ au plus|≥ au moins|→ vers|^ puissance {}|√ racine de|∞ l'infini
  |⇔ équivaut à|∣ sachant|‾ barre|‸ chapeau|‖ valeur absolue de|<< moins de|>> plus de|– à"""
money = "$ de dollars|€ d'euros|£ de livres; millions|million|milliards|milliard"
in_full = """p. ex.=par exemple|par ex.=par exemple|c.-à-d.=c'est-à-dire|etc.=et cetera|env.=environ
  |Mme=Madame|Mlle=Mademoiselle|MM.=Messieurs|Dr=docteur|Pr=professeur|n°=numéro|av.=avenue
  |bd=boulevard|tél.=téléphone|c. à s.=cuillères à soupe|c. à c.=cuillères à café
  |c.à.s=cuillères à soupe|c.à.c=cuillères à café|ét.=étage|hab.=habitants|max.=maximum
  |apr. J.-C.=après Jésus-Christ|av. J.-C.=avant Jésus-Christ|Tél.=téléphone"""
space_before_marks = True
own = r"""
(?<!\w)M\.(?= [A-ZÀ-Ý])  =>  Monsieur
(?<=\s)- de (?=\d)  =>  moins de␣
(?<!\w)p/r (?=à|au)  =>  par rapport␣"""
answers = """oui|oui s'il te plaît|oui s'il vous plaît|ouais|d'accord|ok|vas-y|allez-y|confirmer
  |je confirme; non|non merci|annuler|annule|arrête|surtout pas|laisse tomber"""
