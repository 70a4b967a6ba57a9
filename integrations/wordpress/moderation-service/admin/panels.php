<?php
/**
 * Below the settings: the connection test, what waits, and the import of old comments, each with its button.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

/**
 * A heading, a sentence and a button.
 *
 * @param string $heading The heading.
 * @param string $text    The sentence.
 * @param string $action  Such as `test`; actions.php has what it does.
 * @param string $button  What the button says; none when empty.
 */
function show_action( $heading, $text, $action, $button ) {
	?>
	<h2><?php echo esc_html( $heading ); ?></h2>
	<p><?php echo esc_html( $text ); ?></p>
	<?php if ( '' !== $button ) : ?>
		<form action="<?php echo esc_url( admin_url( 'admin-post.php' ) ); ?>" method="post">
			<input type="hidden" name="action" value="<?php echo esc_attr( 'moderation_service_' . $action ); ?>">
			<?php
			wp_nonce_field( 'moderation_service_' . $action );
			submit_button( $button, 'secondary', 'submit-' . $action, false );
			?>
		</form>
		<?php
	endif;
}

/**
 * What the test found, once.
 */
function show_findings() {
	$name     = findings_name();
	$findings = get_transient( $name );
	if ( ! is_array( $findings ) ) {
		return;
	}
	delete_transient( $name );
	$is_good = ! in_array( false, wp_list_pluck( $findings, 'is_good' ), true );
	echo '<div class="notice ' . ( $is_good ? 'notice-success' : 'notice-error' ) . '" role="status">';
	foreach ( $findings as $finding ) {
		echo '<p>' . ( $finding['is_good'] ? '✓ ' : '<strong>' . esc_html__( 'To mend:', 'moderation-service' ) . '</strong> ' ) . esc_html( $finding['text'] ) . '</p>';
	}
	echo '</div>';
}

/**
 * Where the findings lie for the one who asked for them.
 *
 * @return string
 */
function findings_name() {
	return 'moderation_service_found_' . get_current_user_id();
}

/**
 * What the service has yet to hear.
 */
function show_waiting() {
	$waiting = waiting();
	if ( ! $waiting['count'] ) {
		show_action( __( 'Waiting', 'moderation-service' ), __( 'The service has heard of everything.', 'moderation-service' ), 'send', '' );
		return;
	}
	/* translators: %d: a number of comments. */
	$text = sprintf( _n( 'The service has yet to hear of %d comment.', 'The service has yet to hear of %d comments.', $waiting['count'], 'moderation-service' ), $waiting['count'] );
	if ( '' !== $waiting['trouble'] ) {
		/* translators: %s: what was wrong. */
		$text .= ' ' . sprintf( __( 'The last try said: %s', 'moderation-service' ), $waiting['trouble'] );
	}
	show_action( __( 'Waiting', 'moderation-service' ), $text, 'send', __( 'Send now', 'moderation-service' ) );
}

/**
 * The import of old comments.
 */
function show_import() {
	$state   = import_state();
	$heading = __( 'Old comments', 'moderation-service' );
	if ( $state['is_on'] ) {
		/* translators: 1, 2: numbers. */
		show_action( $heading, sprintf( __( 'Going on in the background: %1$d of %2$d. Load this page again to see how far it is.', 'moderation-service' ), $state['taken'], $state['total'] ), 'stop', __( 'Stop for now', 'moderation-service' ) );
		return;
	}
	$is_stopped = $state['after'] < $state['until'];
	$text       = __( 'Comments from before this plugin can be told to the service, so that it learns from what was decided on them. Nothing changes here: what is published stays so.', 'moderation-service' );
	if ( $is_stopped ) {
		/* translators: 1, 2: numbers. */
		$text = sprintf( __( 'Stopped at %1$d of %2$d.', 'moderation-service' ), $state['taken'], $state['total'] );
	} elseif ( $state['until'] ) {
		/* translators: %d: a number. */
		$text = sprintf( _n( '%d comment was told to the service.', '%d comments were told to the service.', $state['told'], 'moderation-service' ), $state['told'] ) . ' ' . $text;
	}
	$button = $is_stopped ? __( 'Go on', 'moderation-service' ) : __( 'Import old comments', 'moderation-service' );
	show_action( $heading, $text, 'import', is_ready() ? $button : '' );
}
