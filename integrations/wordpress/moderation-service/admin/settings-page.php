<?php
/**
 * Settings → Moderation.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

const PAGE = 'moderation-service';

/**
 * The page's address.
 *
 * @return string
 */
function settings_address() {
	return admin_url( 'options-general.php?page=' . PAGE );
}

/**
 * The page.
 */
function show_settings_page() {
	if ( ! current_user_can( 'manage_options' ) ) {
		return;
	}
	?>
	<div class="wrap">
		<h1><?php esc_html_e( 'Moderation', 'moderation-service' ); ?></h1>
		<?php show_findings(); ?>
		<form action="options.php" method="post">
			<?php settings_fields( OPTION ); ?>
			<input type="hidden" name="<?php echo esc_attr( OPTION ); ?>[form]" value="1">
			<h2><?php esc_html_e( 'The service', 'moderation-service' ); ?></h2>
			<table class="form-table" role="presentation">
				<?php
				show_field( 'address', __( 'Address', 'moderation-service' ), 'url', __( 'Where your moderation service runs, such as https://moderation.example.', 'moderation-service' ) );
				show_field( 'key', __( 'API key', 'moderation-service' ), 'password', __( '“moderation site add” prints it, once.', 'moderation-service' ) );
				show_field( 'secret', __( 'Webhook secret', 'moderation-service' ), 'password', __( 'It stands behind the key. With it this blog knows that a decision is the service’s.', 'moderation-service' ) );
				?>
				<tr>
					<th scope="row"><?php esc_html_e( 'Webhook address', 'moderation-service' ); ?></th>
					<td>
						<code><?php echo esc_html( events_address() ); ?></code>
						<p class="description"><?php esc_html_e( 'Give it to the service: decisions in its dashboard come back to this address.', 'moderation-service' ); ?></p>
					</td>
				</tr>
			</table>
			<h2><?php esc_html_e( 'When a comment comes', 'moderation-service' ); ?></h2>
			<table class="form-table" role="presentation">
				<tr>
					<th scope="row"><label for="ms-deadline"><?php esc_html_e( 'Wait at most', 'moderation-service' ); ?></label></th>
					<td>
						<input id="ms-deadline" name="<?php echo esc_attr( OPTION ); ?>[deadline]" type="number" min="0.5" max="30" step="0.5" class="small-text" value="<?php echo esc_attr( (string) (float) setting( 'deadline' ) ); ?>">
						<?php esc_html_e( 'seconds for an answer', 'moderation-service' ); ?>
					</td>
				</tr>
				<tr>
					<th scope="row"><?php esc_html_e( 'If none comes', 'moderation-service' ); ?></th>
					<td>
						<fieldset>
							<legend class="screen-reader-text"><?php esc_html_e( 'If none comes', 'moderation-service' ); ?></legend>
							<?php
							show_choice( 'hold', __( 'hold the comment until the service has read it', 'moderation-service' ) );
							show_choice( 'wordpress', __( 'do what WordPress would do by itself, and correct it later', 'moderation-service' ) );
							?>
						</fieldset>
						<p class="description"><?php esc_html_e( 'Either way the comment is sent again until the service has it.', 'moderation-service' ); ?></p>
					</td>
				</tr>
				<tr>
					<th scope="row"><?php esc_html_e( 'Send along', 'moderation-service' ); ?></th>
					<td>
						<fieldset>
							<legend class="screen-reader-text"><?php esc_html_e( 'Send along', 'moderation-service' ); ?></legend>
							<?php
							show_box( 'send_email', __( 'the author’s e-mail address', 'moderation-service' ) );
							show_box( 'send_url', __( 'the author’s web address', 'moderation-service' ) );
							show_box( 'send_ip', __( 'the author’s IP address', 'moderation-service' ) );
							?>
						</fieldset>
						<p class="description">
							<?php esc_html_e( 'The comment, the one it answers, the author’s name, and the article’s title, address and text are always sent: the verdict rests on them. The text of private and password-protected articles is not.', 'moderation-service' ); ?>
							<?php if ( current_user_can( 'manage_privacy_options' ) ) : ?>
								<a href="<?php echo esc_url( admin_url( 'options-privacy.php?tab=policyguide' ) ); ?>"><?php esc_html_e( 'A text for your privacy policy', 'moderation-service' ); ?></a>
							<?php endif; ?>
						</p>
					</td>
				</tr>
			</table>
			<?php submit_button(); ?>
		</form>
		<?php
		show_action( __( 'Connection', 'moderation-service' ), __( 'Tries the saved address, key and secret, and whether decisions find their way back.', 'moderation-service' ), 'test', __( 'Test the connection', 'moderation-service' ) );
		show_waiting();
		show_import();
		?>
	</div>
	<?php
}

/**
 * A row with a text field. Secrets are never shown again.
 *
 * @param string $name  A key of defaults().
 * @param string $label What it is called.
 * @param string $type  `url` or `password`.
 * @param string $help  A sentence below.
 */
function show_field( $name, $label, $type, $help ) {
	$is_secret = 'password' === $type;
	$has_value = '' !== (string) setting( $name );
	?>
	<tr>
		<th scope="row"><label for="ms-<?php echo esc_attr( $name ); ?>"><?php echo esc_html( $label ); ?></label></th>
		<td>
			<input id="ms-<?php echo esc_attr( $name ); ?>" name="<?php echo esc_attr( OPTION . '[' . $name . ']' ); ?>" type="<?php echo esc_attr( $type ); ?>" class="regular-text code" autocomplete="off" spellcheck="false"
				aria-describedby="ms-<?php echo esc_attr( $name ); ?>-help"
				value="<?php echo esc_attr( $is_secret ? '' : (string) setting( $name ) ); ?>"
				placeholder="<?php echo esc_attr( $is_secret && $has_value ? __( 'saved; leave empty to keep it', 'moderation-service' ) : '' ); ?>"
				<?php disabled( is_fixed( $name ) ); ?>>
			<p class="description" id="ms-<?php echo esc_attr( $name ); ?>-help">
				<?php
				echo esc_html( $help );
				if ( is_fixed( $name ) ) {
					/* translators: %s: the name of a constant. */
					echo ' ' . esc_html( sprintf( __( 'Set by %s in wp-config.php.', 'moderation-service' ), constant_of( $name ) ) );
				}
				?>
			</p>
		</td>
	</tr>
	<?php
}

/**
 * One way to go on without the service.
 *
 * @param string $value A value of `when_away`.
 * @param string $label What it means.
 */
function show_choice( $value, $label ) {
	?>
	<label><input type="radio" name="<?php echo esc_attr( OPTION ); ?>[when_away]" value="<?php echo esc_attr( $value ); ?>" <?php checked( setting( 'when_away' ), $value ); ?>> <?php echo esc_html( $label ); ?></label><br>
	<?php
}

/**
 * One thing that may be sent.
 *
 * @param string $name  A key of defaults().
 * @param string $label What it is.
 */
function show_box( $name, $label ) {
	?>
	<label><input type="checkbox" name="<?php echo esc_attr( OPTION . '[' . $name . ']' ); ?>" value="1" <?php checked( (bool) setting( $name ) ); ?>> <?php echo esc_html( $label ); ?></label><br>
	<?php
}

add_action(
	'admin_menu',
	static function () {
		add_options_page( __( 'Moderation', 'moderation-service' ), __( 'Moderation', 'moderation-service' ), 'manage_options', PAGE, __NAMESPACE__ . '\\show_settings_page' );
	}
);
add_filter(
	'plugin_action_links_' . plugin_basename( MAIN ),
	static function ( $links ) {
		array_unshift( $links, '<a href="' . esc_url( settings_address() ) . '">' . esc_html__( 'Settings', 'moderation-service' ) . '</a>' );
		return $links;
	}
);
